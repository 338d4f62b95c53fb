/* pty: a tty for the tests. `pty PATH` makes PATH a tty, which anybody may open, and
   moves bytes between it and descriptors 0 and 1, as whatever is wired to a UART; it
   holds back what the tty does not take. The tty goes when pty ends. It says `waiting N`
   to descriptor 2 when the number of bytes that could be read from the tty has changed.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "pump.h"
#include "say.h"

/* Static, and one for each way. */
static struct pump in, out;

static void tell_waiting(int slave)
{
    static int last;
    int n;

    if (ioctl(slave, FIONREAD, &n) == 0 && n != last) {
        last = n;
        dprintf(2, "waiting %d\n", n);
    }
}

/* Move on the one that is ready. Returns whether it goes on. */
static int move(struct pump *p, const struct pollfd *ready)
{
    return !ready->revents || pump_move(p) > 0;
}

int main(int argc, char **argv)
{
    int master, slave, reading = 1;
    struct termios t;
    char path[64];

    say_name("pty", "pty PATH");
    if (argc != 2)
        say_usage();
    if (openpty(&master, &slave, path, 0, 0) || tcgetattr(slave, &t))
        say_die_errno("unable to make a tty");
    cfmakeraw(&t);
    if (tcsetattr(slave, TCSANOW, &t) || chmod(path, 0666) || symlink(path, argv[1]))
        say_die_errno("unable to make %s", argv[1]);
    fcntl(master, F_SETFL, O_NONBLOCK);
    fcntl(0, F_SETFL, O_NONBLOCK);
    fcntl(1, F_SETFL, O_NONBLOCK);
    pump_open(&in, 0, master, -1, "", 0);
    pump_open(&out, master, 1, -1, "", 0);
    for (;;) {
        struct pollfd p[] = {reading ? pump_wants(&in) : (struct pollfd){.fd = -1},
                             pump_wants(&out)};

        if (poll(p, 2, 20) < 0)
            say_die_errno("unable to wait");
        tell_waiting(slave);
        reading = reading && move(&in, &p[0]);
        if (!move(&out, &p[1]))
            return SAY_SYSTEM;
    }
}

#include "tty.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>

static struct termios before;
static volatile sig_atomic_t terminal = -1;

int tty_raw(int fd)
{
    struct termios raw;
    int r;

    if (tcgetattr(fd, &before) < 0)
        return -1;
    terminal = fd;
    raw = before;
    cfmakeraw(&raw);
    do
        r = tcsetattr(fd, TCSADRAIN, &raw);
    while (r < 0 && errno == EINTR);
    return r;
}

void tty_restore(void)
{
    int saved = errno;

    if (terminal >= 0)
        tcsetattr(terminal, TCSANOW, &before);
    terminal = -1;
    errno = saved;
}

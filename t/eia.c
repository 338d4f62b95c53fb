/* eia: lib/eia by hand, for the tests, on a new pty (`eia pty`), or on a UART that is
   played, whose every call is printed (`eia uart`): eia.o finds tcsetattr(3) and others
   here. The commands come from descriptor 0, one a line: `write WORDS`: `ok`, `break
   PAUSE` or `error NAME`; `read`; `end` ends a break; `stty WORDS` has stty(1) look at
   the pty. What is played: `unsent N` bytes are still to be sent; `fails NAME`: so does
   what is done to the lines (0: not any more); `slow`: it has no rate above 115200;
   `mark`: its parity is always 1. */
#include "eia.h"

#include <dlfcn.h>
#include <errno.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "say.h"

static struct {
    struct termios t;
    int is, lines, unsent, slow, fails;
} uart;

/* The function that there would be if it were not here. */
static void *theirs(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    if (!f)
        abort();
    return f;
}

int tcgetattr(int fd, struct termios *t)
{
    int (*real)(int, struct termios *);

    *(void **)&real = theirs("tcgetattr");
    if (!uart.is)
        return real(fd, t);
    *t = uart.t;
    return 0;
}

static char parity(tcflag_t flags)
{
    return flags & CMSPAR ? 'm' : !(flags & PARENB) ? 'n' : flags & PARODD ? 'o' : 'e';
}

int tcsetattr(int fd, int when, const struct termios *t)
{
    static const char bits[] = "5678";
    speed_t speed = cfgetospeed(t);
    int (*real)(int, int, const struct termios *);

    *(void **)&real = theirs("tcsetattr");
    if (when != TCSANOW)
        abort();
    if (!uart.is)
        return real(fd, when, t);
    if (uart.slow && speed > B115200)
        speed = B9600;
    uart.t = *t;
    cfsetospeed(&uart.t, speed);
    printf("set 0%o %c%c%d%s%s%s\n", speed, bits[(t->c_cflag & CSIZE) / CS6],
           parity(t->c_cflag), t->c_cflag & CSTOPB ? 2 : 1,
           t->c_cflag & CRTSCTS ? " crtscts" : "", t->c_iflag & IXON ? " ixon" : "",
           t->c_iflag & IXOFF ? " ixoff" : "");
    return 0;
}

int tcflush(int fd, int which)
{
    int (*real)(int, int);

    *(void **)&real = theirs("tcflush");
    if (!uart.is)
        return real(fd, which);
    puts(which == TCOFLUSH ? "flush" : "flush what?");
    uart.unsent = 0;
    return 0;
}

static int set_lines(int line, int on)
{
    if (uart.fails) {
        errno = uart.fails;
        return -1;
    }
    uart.lines = on ? uart.lines | line : uart.lines & ~line;
    printf("%s %d\n", line == TIOCM_DTR ? "dtr" : "rts", on);
    return 0;
}

static int set_break(int on)
{
    if (uart.unsent)
        abort();
    printf("break %s\n", on ? "on" : "off");
    return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
    int (*real)(int, unsigned long, ...);
    va_list more;
    int *n;

    *(void **)&real = theirs("ioctl");
    va_start(more, request);
    n = va_arg(more, int *);
    va_end(more);
    if (!uart.is)
        return real(fd, request, n);
    if (request == TIOCMGET)
        *n = uart.lines;
    else if (request == TIOCOUTQ)
        *n = uart.unsent;
    else if (request == TIOCMBIS || request == TIOCMBIC)
        return set_lines(*n, request == TIOCMBIS);
    else if (request == TIOCSBRK || request == TIOCCBRK)
        return set_break(request == TIOCSBRK);
    else
        abort();
    return 0;
}

static void tell(int k, const char *good)
{
    if (k < 0)
        printf("error %s\n", strerrorname_np(errno));
    else
        fputs(good, stdout);
}

/* Words that end where their memory ends, so that the sanitizers notice a byte too many.
 */
static void do_write(int fd, const char *words)
{
    size_t n = strlen(words);
    char *copy = malloc(n ? n : 1), good[32] = "ok\n";
    unsigned pause = 12345;
    int k;

    if (!copy)
        say_die_errno("unable to go on");
    memcpy(copy, words, n);
    k = eia_write(fd, copy, n, &pause);
    if (pause)
        snprintf(good, sizeof good, "break %u\n", pause);
    tell(k, k < 0 && pause ? "pause?\n" : good);
    free(copy);
}

static void do_read(int fd)
{
    char text[EIA_TEXT];
    int n = eia_read(fd, text);

    if (n >= 0 && strlen(text) != (size_t)n)
        abort();
    tell(n, text);
}

static void stty(const char *path, const char *words)
{
    char command[512];

    snprintf(command, sizeof command, "stty -F %s %s", path, words);
    fflush(stdout);
    if (system(command) != 0)
        say_die(SAY_SYSTEM, "stty: that failed");
}

static int error_of(const char *name)
{
    int e = 133;

    while (e && strcmp(strerrorname_np(e) ? strerrorname_np(e) : "", name) != 0)
        --e;
    return e;
}

int main(int argc, char **argv)
{
    char line[1024], path[64];
    int master, slave;

    say_name("eia", "eia pty|uart");
    if (argc != 2)
        say_usage();
    if (openpty(&master, &slave, path, 0, 0) < 0 || tcgetattr(slave, &uart.t) < 0)
        say_die_errno("unable to make a tty");
    uart.is = strcmp(argv[1], "uart") == 0;
    while (fgets(line, sizeof line, stdin)) {
        char *words = line + strcspn(line, " \n");

        line[strcspn(line, "\n")] = 0;
        if (*words)
            *words++ = 0;
        if (strcmp(line, "write") == 0)
            do_write(slave, words);
        else if (strcmp(line, "read") == 0)
            do_read(slave);
        else if (strcmp(line, "end") == 0)
            tell(eia_break(slave), "ok\n");
        else if (strcmp(line, "stty") == 0)
            stty(path, words);
        else if (strcmp(line, "unsent") == 0)
            uart.unsent = atoi(words);
        else if (strcmp(line, "fails") == 0)
            uart.fails = error_of(words);
        else if (strcmp(line, "mark") == 0)
            uart.t.c_cflag |= CMSPAR | PARENB | PARODD;
        else if (strcmp(line, "slow") == 0)
            uart.slow = 1;
        else
            say_die(SAY_USAGE, "%s is no command", line);
    }
    return SAY_DONE;
}

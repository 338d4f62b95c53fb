#include "eia.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "uart.h"

enum { USUAL_BREAK = 200, DIGITS = 9 };

/* What makes a tty a terminal. */
#define INPUT  (tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL)
#define LOCAL  (tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
#define OUTPUT (tcflag_t)(OPOST)

struct word {
    char letter; /* 'R': rawon, rawoff */
    unsigned n;  /* of p: its letter */
};

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int is(const char *at, size_t n, const char *word)
{
    return n == strlen(word) && strncasecmp(at, word, n) == 0;
}

/* What a word of n bytes says, as far as can be told from itself. Returns 0, or -1. */
static int parse(struct word *w, const char *at, size_t n)
{
    size_t i;

    w->letter = (char)tolower((unsigned char)at[0]);
    w->n = 0;
    if (is(at, n, "rawon") || is(at, n, "rawoff")) {
        w->letter = 'R';
        w->n = n == strlen("rawon");
        return 0;
    }
    if (w->letter == 'f')
        return n == 1 ? 0 : -1;
    if (w->letter == 'p' && n == 2) {
        w->n = (unsigned)tolower((unsigned char)at[1]);
        return 0;
    }
    if (n < 2 || n > 1 + DIGITS)
        return -1;
    for (i = 1; i < n; ++i) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        w->n = w->n * 10 + (unsigned)(at[i] - '0');
    }
    return 0;
}

/* The next word from at, before end. Returns 1, 0: there is none, or -1: it is none. */
static int next(const char **at, const char *end, struct word *w)
{
    const char *from;

    while (*at < end && is_space(**at))
        ++*at;
    from = *at;
    while (*at < end && !is_space(**at))
        ++*at;
    if (*at == from)
        return 0;
    return parse(w, from, (size_t)(*at - from)) < 0 ? -1 : 1;
}

static void turn(tcflag_t *flags, unsigned which, int on)
{
    if (on)
        *flags |= (tcflag_t)which;
    else
        *flags &= ~(tcflag_t)which;
}

static int is_raw(const struct termios *t)
{
    return !(t->c_iflag & INPUT) && !(t->c_lflag & LOCAL) && !(t->c_oflag & OUTPUT);
}

static void make_raw(struct termios *t)
{
    t->c_iflag &= ~INPUT;
    t->c_lflag &= ~LOCAL;
    t->c_oflag &= ~OUTPUT;
    t->c_cc[VMIN] = 1;
    t->c_cc[VTIME] = 0;
}

static void make_terminal(struct termios *t)
{
    t->c_iflag |= BRKINT | ICRNL;
    t->c_lflag |= ECHO | ECHOE | ECHOK | ICANON | ISIG | IEXTEN;
    t->c_oflag |= OPOST | ONLCR;
}

static int set_rate(struct termios *t, unsigned rate)
{
    speed_t speed = uart_speed(rate);

    if (speed == B0)
        return -1;
    cfsetispeed(t, speed);
    cfsetospeed(t, speed);
    return 0;
}

static int set_parity(struct termios *t, unsigned letter)
{
    if (letter != 'n' && letter != 'e' && letter != 'o')
        return -1;
    turn(&t->c_cflag, CMSPAR, 0);
    turn(&t->c_cflag, PARENB, letter != 'n');
    turn(&t->c_cflag, PARODD, letter == 'o');
    return 0;
}

/* Set in t what a word sets there. Returns 0, or -1: no word is so. */
static int settle(struct termios *t, const struct word *w)
{
    static const tcflag_t bits[] = {CS5, CS6, CS7, CS8};

    switch (w->letter) {
    case 'b':
        return set_rate(t, w->n);
    case 'l':
        if (w->n < 5 || w->n > 8)
            return -1;
        t->c_cflag = (t->c_cflag & ~(tcflag_t)CSIZE) | bits[w->n - 5];
        return 0;
    case 'p':
        return set_parity(t, w->n);
    case 's':
        turn(&t->c_cflag, CSTOPB, w->n == 2);
        return w->n == 1 || w->n == 2 ? 0 : -1;
    case 'm':
        turn(&t->c_cflag, CRTSCTS, w->n != 0);
        return 0;
    case 'x':
        turn(&t->c_iflag, IXON | IXOFF, w->n != 0);
        return 0;
    case 'R':
        if (w->n)
            make_raw(t);
        else if (is_raw(t))
            make_terminal(t);
        return 0;
    case 'k':
        return w->n <= EIA_BREAK ? 0 : -1;
    case 'd':
    case 'r':
    case 'f':
        return 0;
    default:
        return -1;
    }
}

static int set(int fd, const struct termios *t)
{
    int k;

    do
        k = tcsetattr(fd, TCSANOW, t);
    while (k < 0 && errno == EINTR);
    return k;
}

/* tcsetattr(3) is content when it could do a part of it: then nothing is done. */
static int change(int fd, const struct termios *t, const struct termios *before)
{
    const tcflag_t which = CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS;
    struct termios now;
    int e = EINVAL;

    if (memcmp(t, before, sizeof *t) == 0)
        return 0;
    if (set(fd, t) < 0 || tcgetattr(fd, &now) < 0)
        e = errno;
    else if (cfgetospeed(&now) == cfgetospeed(t) && now.c_iflag == t->c_iflag &&
             now.c_lflag == t->c_lflag && (now.c_cflag & which) == (t->c_cflag & which))
        return 0;
    set(fd, before);
    errno = e;
    return -1;
}

/* Has the tty nothing of what an ioctl(2) wanted of it? */
static int lacks(void)
{
    return errno == ENOTTY || errno == EINVAL;
}

static int set_line(int fd, const struct word *w)
{
    int line = w->letter == 'd' ? TIOCM_DTR : TIOCM_RTS;

    if (w->letter != 'd' && w->letter != 'r')
        return 0;
    return ioctl(fd, w->n ? TIOCMBIS : TIOCMBIC, &line);
}

static int begin_break(int fd, unsigned time, unsigned *pause)
{
    if (ioctl(fd, TIOCSBRK) == 0)
        *pause = time;
    return *pause || lacks() ? 0 : -1;
}

int eia_write(int fd, const char *words, size_t n, unsigned *pause)
{
    const char *at = words, *end = words + n;
    struct termios before, t;
    unsigned time = 0;
    int flush = 0, wants_lines = 0, lines, unsent, k;
    struct word w;

    *pause = 0;
    if (tcgetattr(fd, &before) < 0)
        return -1;
    t = before;
    while ((k = next(&at, end, &w)) > 0 && settle(&t, &w) == 0) {
        flush |= w.letter == 'f';
        wants_lines |= w.letter == 'd' || w.letter == 'r';
        if (w.letter == 'k')
            time = w.n ? w.n : USUAL_BREAK;
    }
    if (k != 0) {
        errno = EINVAL;
        return -1;
    }
    if (wants_lines && ioctl(fd, TIOCMGET, &lines) < 0)
        return -1;
    if (time && !flush && ioctl(fd, TIOCOUTQ, &unsent) == 0 && unsent > 0) {
        errno = EAGAIN;
        return -1;
    }
    if (change(fd, &t, &before) < 0 || (flush && tcflush(fd, TCOFLUSH) < 0))
        return -1;
    for (at = words; next(&at, end, &w) > 0;)
        if (set_line(fd, &w) < 0)
            return -1;
    return time ? begin_break(fd, time, pause) : 0;
}

int eia_break(int fd)
{
    return ioctl(fd, TIOCCBRK);
}

/* The word of a parity, and a space; "": there is none. */
static const char *parity(tcflag_t flags)
{
    if (flags & PARENB && flags & CMSPAR)
        return "";
    return !(flags & PARENB) ? "pn " : flags & PARODD ? "po " : "pe ";
}

static int bits(tcflag_t flags)
{
    flags &= CSIZE;
    return flags == CS5 ? 5 : flags == CS6 ? 6 : flags == CS7 ? 7 : 8;
}

int eia_read(int fd, char text[EIA_TEXT])
{
    char rate[16] = "", control[16] = "";
    struct termios t;
    int lines;

    if (tcgetattr(fd, &t) < 0)
        return -1;
    if (uart_rate(cfgetospeed(&t)))
        snprintf(rate, sizeof rate, "b%u ", uart_rate(cfgetospeed(&t)));
    if (ioctl(fd, TIOCMGET, &lines) == 0)
        snprintf(control, sizeof control, "d%d r%d ", !!(lines & TIOCM_DTR),
                 !!(lines & TIOCM_RTS));
    return snprintf(text, EIA_TEXT, "%sl%d %ss%d %sm%d x%d %s\n", rate, bits(t.c_cflag),
                    parity(t.c_cflag), t.c_cflag & CSTOPB ? 2 : 1, control,
                    !!(t.c_cflag & CRTSCTS), !!(t.c_iflag & (IXON | IXOFF)),
                    is_raw(&t) ? "rawon" : "rawoff");
}

#include "uart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dial.h"

enum { AGAIN = 10 /* milliseconds until somebody is looked for again */ };

static const struct {
    unsigned rate;
    speed_t code;
} rates[] = {
    {300, B300},         {600, B600},         {1200, B1200},       {1800, B1800},
    {2400, B2400},       {4800, B4800},       {9600, B9600},       {19200, B19200},
    {38400, B38400},     {57600, B57600},     {115200, B115200},   {230400, B230400},
    {460800, B460800},   {500000, B500000},   {576000, B576000},   {921600, B921600},
    {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000},
    {2500000, B2500000}, {3000000, B3000000}, {3500000, B3500000}, {4000000, B4000000},
};

speed_t uart_speed(unsigned rate)
{
    for (size_t i = 0; i < sizeof rates / sizeof *rates; ++i)
        if (rates[i].rate == rate)
            return rates[i].code;
    return B0;
}

unsigned uart_rate(speed_t speed)
{
    for (size_t i = 0; i < sizeof rates / sizeof *rates; ++i)
        if (rates[i].code == speed)
            return rates[i].rate;
    return 0;
}

int uart_has_rate(unsigned rate)
{
    return uart_speed(rate) != B0;
}

/* tcsetattr(3) is content when it could do a part of it. */
static int set(int fd, const struct termios *t)
{
    struct termios now;
    int k;

    do
        k = tcsetattr(fd, TCSANOW, t);
    while (k < 0 && errno == EINTR);
    if (k < 0 || tcgetattr(fd, &now) < 0)
        return -1;
    if (cfgetospeed(&now) == cfgetospeed(t) &&
        (now.c_cflag & (CSIZE | CSTOPB | PARENB)) == CS8 && !(now.c_lflag & ICANON))
        return 0;
    errno = EINVAL;
    return -1;
}

int uart_set_rate(int fd, unsigned rate)
{
    struct termios t;

    if (!uart_has_rate(rate)) {
        errno = EINVAL;
        return -1;
    }
    if (tcgetattr(fd, &t) < 0)
        return -1;
    cfsetispeed(&t, uart_speed(rate));
    cfsetospeed(&t, uart_speed(rate));
    return set(fd, &t);
}

/* With VMIN 0 an empty tty would look like one that is gone. */
static int make_raw(int fd, unsigned rate)
{
    struct termios t;

    if (!uart_has_rate(rate)) {
        errno = EINVAL;
        return -1;
    }
    if (tcgetattr(fd, &t) < 0)
        return -1;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
    t.c_iflag &= ~(tcflag_t)(IXOFF | IXANY);
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    cfsetispeed(&t, uart_speed(rate));
    cfsetospeed(&t, uart_speed(rate));
    return set(fd, &t);
}

/* On the slave of a pty the mark of TIOCEXCL outlives whoever set it and was killed, for
   the master keeps the terminal alive. */
static int is_pty(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && major(st.st_rdev) >= 136 && major(st.st_rdev) <= 143;
}

/* Open it and take it, or say at once that somebody has it. */
static int take(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), e;

    if (fd < 0)
        return -1;
    if (!isatty(fd))
        errno = ENOTTY;
    else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        errno = errno == EWOULDBLOCK ? EBUSY : errno;
    else if (is_pty(fd) || ioctl(fd, TIOCEXCL) == 0)
        return fd;
    e = errno;
    close(fd);
    errno = e;
    return -1;
}

int uart_open(const char *path, unsigned rate, int wait)
{
    long long deadline = dial_now() + wait;
    int fd, e;

    while ((fd = take(path)) < 0 && errno == EBUSY && dial_left(deadline))
        poll(0, 0, AGAIN);
    if (fd < 0)
        return -1;
    if (make_raw(fd, rate) == 0 && tcflush(fd, TCIOFLUSH) == 0)
        return fd;
    e = errno;
    uart_close(fd);
    errno = e;
    return -1;
}

int uart_unsent(int fd)
{
    int n;

    return ioctl(fd, TIOCOUTQ, &n) < 0 ? 0 : n;
}

/* What is still to be sent would have close(2) wait for it. */
void uart_close(int fd)
{
    tcflush(fd, TCIOFLUSH);
    if (!is_pty(fd))
        ioctl(fd, TIOCNXCL);
    close(fd);
}

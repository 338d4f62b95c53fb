/* Where one end is a pipe, splice moves straight between the two; between two others it
   needs a pipe of our own. An end that cannot be spliced (a terminal, a file opened for
   appending) says EINVAL, and then bytes are copied. */
#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY, STRAIGHT, THROUGH };
enum { CHUNK = 1 << 18 }; /* bytes a system call may move */

static int is_pipe(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0 && S_ISFIFO(s.st_mode);
}

void pump_open(struct pump *p, int from, int to, int stop, const char *data, size_t n)
{
    memset(p, 0, offsetof(struct pump, data));
    p->from = from;
    p->to = to;
    p->stop = -1;
    p->pipe[0] = p->pipe[1] = -1;
    p->how = COPY;
    if (n > PUMP_BUFFER)
        n = PUMP_BUFFER;
    memcpy(p->data, data, n);
    p->have = n;
    if (stop >= 0) {
        p->stop = stop;
        return;
    }
    if (is_pipe(from) || is_pipe(to))
        p->how = STRAIGHT;
    else if (pipe2(p->pipe, O_CLOEXEC | O_NONBLOCK) == 0) {
        /* More than the usual 64 kB, if we may. */
        fcntl(p->pipe[1], F_SETPIPE_SZ, CHUNK);
        p->how = THROUGH;
    }
}

void pump_close(struct pump *p)
{
    for (int i = 0; i < 2; ++i)
        if (p->pipe[i] >= 0)
            close(p->pipe[i]);
    p->pipe[0] = p->pipe[1] = -1;
}

struct pollfd pump_wants(const struct pump *p)
{
    int to = p->waits_for_to || p->inside || p->at < p->have;
    struct pollfd want = {.fd = to ? p->to : p->from, .events = to ? POLLOUT : POLLIN};

    return want;
}

static ssize_t move(int from, int to, size_t n)
{
    ssize_t r;

    do
        r = splice(from, 0, to, 0, n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (r < 0 && errno == EINTR);
    return r;
}

/* Write the buffer. Returns 1 when it is empty, 0 when to is full, -1. */
static int write_buffer(struct pump *p)
{
    while (p->at < p->have) {
        ssize_t w = write(p->to, p->data + p->at, p->have - p->at);
        if (w > 0)
            p->at += (size_t)w;
        else if (w == 0 || errno == EAGAIN)
            return 0;
        else if (errno != EINTR)
            return -1;
    }
    return 1;
}

static int copy(struct pump *p)
{
    char *found;
    ssize_t r = read(p->from, p->data, sizeof p->data);

    if (r < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    p->at = p->have = 0;
    if (r <= 0) {
        p->ended = 1;
        return 0;
    }
    p->have = (size_t)r;
    if (p->stop >= 0 && (found = memchr(p->data, p->stop, p->have))) {
        p->have = (size_t)(found - p->data);
        p->ended = p->stopped = 1;
    }
    r = write_buffer(p);
    return r < 0 ? -1 : r == 1 && p->ended ? 0 : 1;
}

/* EAGAIN does not say which end was not ready. So the ends are waited for in turn. */
static int straight(struct pump *p)
{
    ssize_t r = move(p->from, p->to, CHUNK);

    if (r > 0) {
        p->waits_for_to = 0;
        return 1;
    }
    if (r < 0 && errno == EAGAIN) {
        p->waits_for_to = !p->waits_for_to;
        return 1;
    }
    p->waits_for_to = 0;
    if (r < 0 && errno == EINVAL) {
        p->how = COPY;
        return copy(p);
    }
    if (r < 0 && (errno == EPIPE || is_pipe(p->from)))
        return -1;
    p->ended = 1;
    return 0;
}

/* What is in our pipe goes to `to`. Returns 1, or -1. */
static int drain(struct pump *p)
{
    ssize_t r;

    while (p->inside) {
        r = move(p->pipe[0], p->to, p->inside);
        if (r > 0) {
            p->inside -= (size_t)r;
            continue;
        }
        if (r < 0 && errno == EAGAIN)
            return 1;
        if (r == 0 || errno != EINVAL)
            return -1;
        p->how = COPY;
        r = read(p->pipe[0], p->data, sizeof p->data);
        if (r <= 0)
            return -1;
        p->inside -= (size_t)r;
        p->at = 0;
        p->have = (size_t)r;
        if ((r = write_buffer(p)) <= 0)
            return r < 0 ? -1 : 1;
    }
    return 1;
}

static int through(struct pump *p)
{
    ssize_t r = move(p->from, p->pipe[1], CHUNK);

    if (r > 0) {
        p->inside += (size_t)r;
        return drain(p);
    }
    if (r < 0 && errno == EAGAIN)
        return 1;
    if (r < 0 && errno == EINVAL) {
        p->how = COPY;
        return copy(p);
    }
    p->ended = 1;
    return 0;
}

int pump_move(struct pump *p)
{
    int r = write_buffer(p);

    if (r <= 0)
        return r < 0 ? -1 : 1;
    if (p->inside) {
        if (drain(p) < 0)
            return -1;
        if (p->inside || p->at < p->have)
            return 1;
    }
    if (p->ended)
        return 0;
    if (p->how == STRAIGHT)
        return straight(p);
    return p->how == THROUGH ? through(p) : copy(p);
}

int pump_unread(int fd)
{
    int n;

    if (ioctl(fd, SIOCOUTQ, &n) < 0 && ioctl(fd, FIONREAD, &n) < 0)
        return 0;
    return n;
}

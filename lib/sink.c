#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ALL, SOCKET, ASK };

/* A socket can be told not to block; a pipe or terminal that blocks takes PIPE_BUF bytes
   at least when it polls writable. */
int sink_how(int fd)
{
    struct stat s;
    int flags = fcntl(fd, F_GETFL);
    if (fstat(fd, &s) < 0)
        return ALL;
    if (S_ISSOCK(s.st_mode))
        return SOCKET;
    if (S_ISREG(s.st_mode) || S_ISBLK(s.st_mode) || (flags >= 0 && flags & O_NONBLOCK))
        return ALL;
    return ASK;
}

ssize_t sink_write(int fd, int how, const char *data, size_t n)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    if (how == SOCKET)
        return send(fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (how == ALL)
        return write(fd, data, n);
    if (poll(&p, 1, 0) == 1)
        return write(fd, data, n < PIPE_BUF ? n : PIPE_BUF);
    errno = EAGAIN;
    return -1;
}

ssize_t sink_writev(int fd, int how, struct iovec *v, int count)
{
    struct msghdr m = {.msg_iov = v, .msg_iovlen = (size_t)count};
    if (how == SOCKET)
        return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (how == ALL)
        return writev(fd, v, count);
    return sink_write(fd, how, v->iov_base, v->iov_len);
}

size_t sink_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void sink_open(struct sink *s, int fd, char *ring, size_t size)
{
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->how = sink_how(fd);
    s->ring = ring;
    s->size = size;
}

void sink_close(struct sink *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    s->have = 0;
}

/* As much as goes now. */
static size_t write_out(struct sink *s, const char *data, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t w = sink_write(s->fd, s->how, data + done, n - done);
        if (w < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (w < 0) {
            s->error = errno;
            sink_close(s);
            break;
        }
        done += (size_t)w;
    }
    return done;
}

size_t sink_drain(struct sink *s)
{
    size_t all = 0;
    while (s->have) {
        size_t most = sink_least(s->have, s->size - s->at);
        size_t done = write_out(s, s->ring + s->at, most);
        all += done;
        if (s->fd < 0)
            break;
        s->have -= done;
        s->at = s->have ? (s->at + done) % s->size : 0;
        if (done < most)
            break;
    }
    if (s->last && !s->have)
        sink_close(s);
    return all;
}

size_t sink_put(struct sink *s, const char *data, size_t n)
{
    size_t all = 0, done = 0;
    if (s->fd >= 0 && !s->have)
        all = done = write_out(s, data, n);
    while (s->fd >= 0 && done < n) {
        size_t to = (s->at + s->have) % s->size;
        size_t some = sink_least(n - done, s->size - to);
        memcpy(s->ring + to, data + done, some);
        s->have += some;
        done += some;
    }
    return all;
}

void sink_end(struct sink *s)
{
    s->last = 1;
    sink_drain(s);
}

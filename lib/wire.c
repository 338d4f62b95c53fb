#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "sink.h"

enum {
    UNSENT = 262144, /* bytes that TCP takes ahead: they stand before all that is said
                        later */
    SIZE = 4         /* bytes of a message's size */
};

int wire_open(struct wire *w, int in, int out)
{
    int on = 1, unsent = UNSENT, type;
    socklen_t n = sizeof type;
    memset(w, 0, sizeof *w);
    w->in = in;
    w->out = out;
    w->how = sink_how(out);
    w->socket = !getsockopt(in, SOL_SOCKET, SO_TYPE, &type, &n);
    w->most[WIRE_T] = w->most[WIRE_R] = WIRE_MSIZE;
    w->heard = dial_now();
    w->bytes = malloc(WIRE_IN + 2 * WIRE_QUEUE);
    if (!w->bytes)
        return -1;
    w->q[WIRE_T].bytes = w->bytes + WIRE_IN;
    w->q[WIRE_R].bytes = w->q[WIRE_T].bytes + WIRE_QUEUE;
    /* Of what is not TCP nothing of this is true, nor needed. */
    setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(out, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    return 0;
}

void wire_close(struct wire *w)
{
    free(w->bytes);
    w->bytes = 0;
}

void wire_poll(const struct wire *w, struct pollfd *p)
{
    p[0].fd = w->ended ? -1 : w->in;
    p[0].events = w->end - w->at < WIRE_IN ? POLLIN : 0;
    p[0].revents = 0;
    p[1].fd = w->error ? -1 : w->out;
    p[1].events = wire_queued(w) ? POLLOUT : 0;
    p[1].revents = 0;
}

/* Returns as wire_move. */
static int get(struct wire *w)
{
    ssize_t n;
    if (w->at == w->end)
        w->at = w->end = 0;
    if (WIRE_IN - w->end < WIRE_MSIZE && w->at) {
        memmove(w->bytes, w->bytes + w->at, w->end - w->at);
        w->end -= w->at;
        w->at = 0;
    }
    if (w->end == WIRE_IN)
        return 1;
    if (w->socket)
        n = recv(w->in, w->bytes + w->end, WIRE_IN - w->end, MSG_DONTWAIT);
    else
        n = read(w->in, w->bytes + w->end, WIRE_IN - w->end);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    if (!n)
        return 0;
    w->end += (size_t)n;
    w->got += (size_t)n;
    w->heard = dial_now();
    return 1;
}

int wire_move(struct wire *w, const struct pollfd *p)
{
    int r = w->ended ? 0 : 1, e = 0;
    if (p[0].fd >= 0 && p[0].revents)
        r = get(w);
    if (r < 0)
        e = errno;
    w->ended = r <= 0;
    wire_write(w);
    /* poll(2) would say so again and again. */
    if (!w->error && p[1].fd >= 0 && p[1].revents & (POLLERR | POLLHUP | POLLNVAL))
        wire_fail(w, EPIPE);
    errno = e;
    return r;
}

enum wire_what wire_next(struct wire *w, struct ninep *m)
{
    const unsigned char *at = w->bytes + w->at;
    size_t have = w->end - w->at, size, most = w->most[WIRE_T];
    if (have < SIZE)
        return WIRE_NOTHING;
    size = ninep_size(at);
    /* Its type may not have come yet. */
    if (have == SIZE && most < w->most[WIRE_R])
        most = w->most[WIRE_R];
    else if (have > SIZE && ninep_asks(at[SIZE]))
        most = w->most[WIRE_R];
    if (size > most || size > WIRE_MSIZE)
        return WIRE_GARBAGE;
    if (size < NINEP_HEADER && size != sizeof WIRE_CLOSE)
        return WIRE_GARBAGE;
    if (have == SIZE)
        return WIRE_NOTHING;
    if (size == sizeof WIRE_CLOSE && memcmp(at, WIRE_CLOSE, sizeof WIRE_CLOSE))
        return WIRE_GARBAGE;
    if (have < size)
        return WIRE_NOTHING;
    if (size > sizeof WIRE_CLOSE && ninep_parse(m, at, size))
        return WIRE_GARBAGE;
    w->at += size;
    w->messages_got++;
    return size > sizeof WIRE_CLOSE ? WIRE_MESSAGE : WIRE_CLOSED;
}

int wire_flush(struct wire *w, long long deadline)
{
    while (!w->error && wire_queued(w)) {
        struct pollfd p = {.fd = w->out, .events = POLLOUT};
        int n = poll(&p, 1, dial_left(deadline));
        if (n < 0 && errno != EINTR)
            return -1;
        if (!n && !dial_left(deadline)) {
            errno = ETIMEDOUT;
            return -1;
        }
        wire_write(w);
    }
    errno = w->error;
    return w->error ? -1 : 0;
}

/* Who takes a stream has room for all its credit; who sends one reads no more of it than
   the credit and the room in out allow. So all that is kept is bounded, and a peer who
   stops reading stops what is read for him. */
#include "stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"

void stream_open(struct streams *c, int in, int out)
{
    memset(c, 0, offsetof(struct streams, in_bytes));
    c->in = in;
    c->out = out;
    c->how = sink_how(out);
    for (unsigned n = 0; n < FRAME_STREAMS; n++)
        c->s[n].from = c->s[n].sink.fd = -1;
}

void stream_send(struct streams *c, unsigned n, int fd)
{
    c->s[n].way = STREAM_SENDS;
    c->s[n].from = fd;
    c->s[n].credit = STREAM_WINDOW;
}

void stream_take(struct streams *c, unsigned n, int fd)
{
    c->s[n].way = STREAM_TAKES;
    c->s[n].credit = STREAM_WINDOW;
    sink_open(&c->s[n].sink, fd, c->ring[n == 2], STREAM_WINDOW);
}

int stream_over(const struct streams *c, unsigned n)
{
    return c->s[n].from < 0 && c->s[n].sink.fd < 0;
}

/* Room for n bytes at the end of out, or 0. */
static char *room(struct streams *c, size_t n)
{
    if (STREAM_OUT - c->out_have < n) {
        memmove(c->out_bytes, c->out_bytes + c->out_at, c->out_have - c->out_at);
        c->out_have -= c->out_at;
        c->out_at = 0;
    }
    return STREAM_OUT - c->out_have < n ? 0 : c->out_bytes + c->out_have;
}

static int put(struct streams *c, enum frame_type type, unsigned n, const char *data,
               size_t length)
{
    char *to = room(c, FRAME_HEAD + length);
    if (c->error || c->lost)
        return 0;
    if (!to) {
        errno = ENOBUFS;
        return -1;
    }
    frame_head(to, type, n, length);
    if (length)
        memcpy(to + FRAME_HEAD, data, length);
    c->out_have += FRAME_HEAD + length;
    return 0;
}

int stream_say(struct streams *c, const char *format, ...)
{
    char line[FRAME_LINE_MAX + 1];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > FRAME_LINE_MAX)
        n = FRAME_LINE_MAX;
    for (int i = 0; i < n; i++)
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    return n < 1 ? 0 : put(c, FRAME_LINE, 0, line, (size_t)n);
}

int stream_word(struct streams *c, const char *word, size_t length, int part)
{
    return put(c, part ? FRAME_PART : FRAME_WORD, 0, word, length);
}

size_t stream_pending(const struct streams *c)
{
    return c->out_have - c->out_at;
}

/* What the peer must know about a stream that we take. */
static void tell(struct streams *c, unsigned n)
{
    struct stream *s = &c->s[n];
    char payload[FRAME_CREDIT_SIZE];
    frame_credit(payload, n, s->owed);
    if (s->sink.error && !s->refused && !s->sink.last)
        s->refused = put(c, FRAME_CLOSE, n, payload, 1) == 0;
    if (s->sink.fd >= 0 && !s->sink.last && s->owed >= STREAM_WINDOW / 4 &&
        put(c, FRAME_CREDIT, n, payload, sizeof payload) == 0) {
        s->credit += s->owed;
        s->owed = 0;
    }
}

/* How much of a stream that we send may be read now. */
static size_t may_read(const struct streams *c, const struct stream *s)
{
    size_t used = c->out_have - c->out_at + FRAME_HEAD + STREAM_RESERVED;
    if (s->from >= 0 && c->lost)
        return FRAME_PAYLOAD;
    if (s->from < 0 || c->error || used >= STREAM_OUT)
        return 0;
    return sink_least(sink_least(s->credit, FRAME_PAYLOAD), STREAM_OUT - used);
}

static void close_source(struct stream *s)
{
    if (s->from >= 0)
        close(s->from);
    s->from = -1;
}

/* Pass on what can be read of a stream that we send, behind the head that is its. */
static void send_more(struct streams *c, unsigned n)
{
    struct stream *s = &c->s[n];
    size_t most = may_read(c, s);
    char *to = most ? room(c, FRAME_HEAD + most) : 0;
    ssize_t r;
    if (!to)
        return;
    r = read(s->from, to + FRAME_HEAD, most);
    if (r < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (r <= 0) {
        s->failed = r < 0 ? errno : 0;
        r = 0;
        close_source(s);
    }
    if (c->lost)
        return;
    frame_head(to, FRAME_DATA, n, (size_t)r);
    c->out_have += FRAME_HEAD + (size_t)r;
    s->credit -= (size_t)r;
}

/* Bytes of a stream that we take. Returns 0, or -1 EPROTO. */
static int take(struct streams *c, const struct frame *f)
{
    struct stream *s = &c->s[f->stream];
    errno = EPROTO;
    if (s->way != STREAM_TAKES || s->sink.last || f->length > s->credit)
        return -1;
    s->credit -= f->length;
    s->owed += sink_put(&s->sink, f->data, f->length);
    if (!f->length)
        sink_end(&s->sink);
    tell(c, f->stream);
    return 0;
}

/* The peer's word on a stream that we send. Returns 0, or -1 EPROTO. */
static int heed(struct streams *c, const struct frame *f)
{
    struct stream *s = &c->s[f->stream];
    errno = EPROTO;
    if (s->way != STREAM_SENDS || f->credit > STREAM_WINDOW - s->credit)
        return -1;
    s->credit += f->credit;
    if (f->type == FRAME_CLOSE)
        close_source(s);
    return 0;
}

int stream_next(struct streams *c, struct frame *f)
{
    for (;;) {
        ssize_t n = frame_parse(f, c->in_bytes + c->in_at, c->in_have - c->in_at);
        if (n <= 0)
            return (int)n;
        c->in_at += (size_t)n;
        if (f->type == FRAME_LINE || f->type == FRAME_WORD || f->type == FRAME_PART)
            return 1;
        if ((f->type == FRAME_DATA ? take : heed)(c, f) < 0)
            return -1;
    }
}

void stream_poll(struct streams *c, struct pollfd *p, int listen)
{
    short out = stream_pending(c) ? POLLOUT : 0;
    p[0] = (struct pollfd){.fd = listen ? c->in : -1, .events = POLLIN};
    p[1] = (struct pollfd){.fd = out ? c->out : -1, .events = out};
    for (unsigned n = 0; n < FRAME_STREAMS; n++) {
        struct stream *s = &c->s[n];
        struct pollfd *q = &p[2 + n];
        q->fd = -1;
        if (may_read(c, s))
            *q = (struct pollfd){.fd = s->from, .events = POLLIN};
        else if (s->sink.have)
            *q = (struct pollfd){.fd = s->sink.fd, .events = POLLOUT};
    }
}

/* Send what goes now. A peer who takes no more may still have something to say. */
static void write_out(struct streams *c)
{
    ssize_t w =
        sink_write(c->out, c->how, c->out_bytes + c->out_at, c->out_have - c->out_at);
    if (w >= 0)
        c->out_at += (size_t)w;
    else if (errno != EAGAIN && errno != EINTR)
        c->error = errno;
    if (c->error || c->out_at == c->out_have)
        c->out_at = c->out_have = 0;
}

static int read_in(struct streams *c)
{
    ssize_t r;
    memmove(c->in_bytes, c->in_bytes + c->in_at, c->in_have - c->in_at);
    c->in_have -= c->in_at;
    c->in_at = 0;
    if (c->in_have == STREAM_IN)
        return 1;
    r = read(c->in, c->in_bytes + c->in_have, STREAM_IN - c->in_have);
    if (r < 0)
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    c->in_have += (size_t)r;
    return r > 0;
}

int stream_move(struct streams *c, const struct pollfd *p)
{
    int r = 1;
    for (unsigned n = 0; n < FRAME_STREAMS; n++) {
        if (!p[2 + n].revents)
            continue;
        if (p[2 + n].events == POLLIN)
            send_more(c, n);
        else
            c->s[n].owed += sink_drain(&c->s[n].sink);
        tell(c, n);
    }
    if (stream_pending(c))
        write_out(c);
    if (p[0].revents)
        r = read_in(c);
    return r;
}

void stream_finish(struct streams *c)
{
    for (unsigned n = 0; n < FRAME_STREAMS; n++)
        if (c->s[n].way == STREAM_TAKES)
            sink_end(&c->s[n].sink);
}

void stream_lose(struct streams *c)
{
    c->lost = 1;
    c->out_at = c->out_have = 0;
    for (unsigned n = 0; n < FRAME_STREAMS; n++)
        sink_close(&c->s[n].sink);
}

int stream_flush(struct streams *c, long long deadline)
{
    struct pollfd p = {.fd = c->out, .events = POLLOUT};
    while (stream_pending(c)) {
        int n = poll(&p, 1, dial_left(deadline));
        if (n == 0)
            errno = ETIMEDOUT;
        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        if (n > 0)
            write_out(c);
    }
    errno = c->error;
    return c->error ? -1 : 0;
}

#include "seat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"

enum {
    LINES = 4096,   /* bytes of the room that are not for output */
    SENT = 8192,    /* and that the kernel keeps: who takes so many, reads */
    PATIENCE = 2000 /* milliseconds: at the end, for who takes nothing */
};

void seat_open(struct seat *s, int fd)
{
    /* What he has said can be read still when he hears nothing any more. */
    sink_open(&s->out, fcntl(fd, F_DUPFD_CLOEXEC, 0), s->ring, SEAT_ROOM);
    s->fd = fd;
    s->gone = 0;
    s->is = SEAT_NEW;
    s->since = dial_now();
    s->skipped = 0;
    s->may_write = 0;
    s->rows = s->columns = 0;
    s->have = s->used = 0;
}

/* Who may write, and reads slowly, is seen to take something though it is little. */
void seat_attach(struct seat *s, const char *who, int may_write)
{
    const int sent = SENT;
    snprintf(s->who, sizeof s->who, "%s", who);
    s->may_write = may_write;
    s->is = SEAT_ATTACHED;
    if (may_write)
        setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &sent, sizeof sent);
}

void seat_close(struct seat *s)
{
    if (s->is != SEAT_EMPTY)
        close(s->fd);
    s->fd = -1;
    sink_close(&s->out);
    s->is = SEAT_EMPTY;
}

int seat_read(struct seat *s)
{
    ssize_t n = recv(s->fd, s->in + s->have, sizeof s->in - s->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return -1;
    s->have += (size_t)n;
    return 0;
}

static void pass(struct seat *s, size_t n)
{
    s->have -= n;
    s->used = 0;
    memmove(s->in, s->in + n, s->have);
}

int seat_line(struct seat *s, char *line)
{
    size_t most = sink_least(s->have, CONSOLE_LINE), n;
    const char *end = memchr(s->in, '\n', most);
    if (!end)
        return most == CONSOLE_LINE ? -1 : 0;
    n = (size_t)(end - s->in);
    for (size_t i = 0; i < n; i++)
        line[i] = s->in[i] < ' ' || s->in[i] > '~' ? '?' : s->in[i];
    line[n] = 0;
    pass(s, n + 1);
    return 1;
}

ssize_t seat_frame(const struct seat *s, struct frame *f)
{
    return frame_parse(f, s->in, s->have);
}

void seat_pass(struct seat *s)
{
    struct frame f;
    ssize_t n = frame_parse(&f, s->in, s->have);
    if (n > 0)
        pass(s, (size_t)n);
}

void seat_pass_data(struct seat *s)
{
    struct frame f;
    while (seat_frame(s, &f) > 0 && f.type == FRAME_DATA)
        seat_pass(s);
}

/* Somebody has taken something when it has gone out at once, or there was nothing left.
 */
static void put(struct seat *s, const char *data, size_t n)
{
    if (s->out.fd >= 0 && n <= SEAT_ROOM - s->out.have && sink_put(&s->out, data, n))
        s->since = dial_now();
}

static void put_frame(struct seat *s, enum frame_type type, const char *data, size_t n)
{
    char frame[FRAME_MAX];
    frame_head(frame, type, type == FRAME_DATA, n);
    memcpy(frame + FRAME_HEAD, data, n);
    put(s, frame, FRAME_HEAD + n);
}

void seat_answer(struct seat *s, const char *form, ...)
{
    char line[CONSOLE_LINE];
    va_list args;
    size_t n;
    va_start(args, form);
    vsnprintf(line, sizeof line - 1, form, args);
    va_end(args);
    n = strlen(line);
    line[n] = '\n';
    put(s, line, n + 1);
}

void seat_say(struct seat *s, const char *form, ...)
{
    char line[CONSOLE_LINE];
    va_list args;
    va_start(args, form);
    vsnprintf(line, sizeof line, form, args);
    va_end(args);
    put_frame(s, FRAME_LINE, line, strlen(line));
}

int seat_has_room(const struct seat *s)
{
    return SEAT_ROOM - s->out.have >= LINES + FRAME_MAX;
}

/* When he has read half of what was kept, he is told what he has missed. */
static void mark(struct seat *s)
{
    if (!s->skipped || s->out.have > SEAT_ROOM / 2)
        return;
    seat_say(s, "skipped %llu", s->skipped);
    s->skipped = 0;
}

void seat_put(struct seat *s, const char *data, size_t n)
{
    mark(s);
    if (s->skipped || !seat_has_room(s))
        s->skipped += n;
    else
        put_frame(s, FRAME_DATA, data, n);
}

void seat_drain(struct seat *s)
{
    if (sink_drain(&s->out))
        s->since = dial_now();
    mark(s);
}

/* He hears first what he has missed. */
static void say_last(struct seat *s, const char *line)
{
    if (s->skipped)
        seat_say(s, "skipped %llu", s->skipped);
    s->skipped = 0;
    seat_say(s, "%s", line);
    s->since = dial_now();
}

void seat_finish(struct seat *s, struct pollfd *p, unsigned count, const char *line,
                 long long deadline)
{
    unsigned left = 1;
    for (unsigned i = 0; i < count; i++)
        if (s[i].is == SEAT_ATTACHED)
            say_last(&s[i], line);
    while (left && dial_left(deadline)) {
        long long until = deadline;
        left = 0;
        for (unsigned i = 0; i < count; i++) {
            long long late = s[i].since + PATIENCE;
            int has = s[i].out.have && s[i].out.fd >= 0 && dial_left(late);
            p[i] = (struct pollfd){.fd = has ? s[i].out.fd : -1, .events = POLLOUT};
            left += (unsigned)has;
            if (has)
                until = dial_sooner(until, late);
        }
        if (left && poll(p, count, dial_left(until)) > 0)
            for (unsigned i = 0; i < count; i++)
                if (p[i].revents)
                    seat_drain(&s[i]);
    }
}

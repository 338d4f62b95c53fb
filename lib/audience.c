#include "audience.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "message.h"
#include "say.h"
#include "seat.h"

enum {
    STALL = 1000,  /* milliseconds: the command waits for a writer who does not read, */
    FIRST = 10000, /* in which the first line must have come, */
    LAST = 10000   /* and what one has typed who is gone must be used */
};

static struct seat seats[AUDIENCE_POLL], *writer;
static struct seat *const end = seats + AUDIENCE_POLL;
static unsigned long came;
static struct usher usher;
static const char *command;
static long long begun;
static int resized;

void audience_open(const struct usher *u, const char *text)
{
    usher = *u;
    command = text;
    begun = time(0);
    for (struct seat *s = seats; s < end; s++)
        s->fd = s->out.fd = -1;
}

static unsigned count(int is)
{
    unsigned n = 0;
    for (struct seat *s = seats; s < end; s++)
        n += (int)s->is == is;
    return n;
}

/* A line about somebody, for the others; or, who 0, for all. */
static void tell(const struct seat *who, const char *what)
{
    for (struct seat *s = seats; s < end; s++)
        if (s->is == SEAT_ATTACHED && s != who)
            seat_say(s, "rem %s %s", who ? who->who : "wall", what);
}

static struct seat *first(int is, int may_write)
{
    struct seat *first = 0;
    for (struct seat *s = seats; s < end; s++)
        if ((int)s->is == is && s->may_write == may_write &&
            (!first || s->order < first->order))
            first = s;
    return first;
}

static void write_next(struct seat *s)
{
    writer = s;
    resized = 1;
    if (!s)
        return;
    tell(s, "writes now");
    seat_say(s, "rem you write now");
}

static void drop(struct seat *s)
{
    int was = s->is;
    seat_close(s);
    if (was != SEAT_ATTACHED)
        return;
    tell(s, "has left");
    if (s == writer)
        write_next(first(SEAT_ATTACHED, 1));
}

/* He hears who is there. */
static void attach(struct seat *s, const char *who, int may_write)
{
    for (struct seat *t = seats; t < end; t++)
        if (t->is == SEAT_ATTACHED)
            seat_say(s, "rem %s %s", t->who, t == writer ? "writes" : "watches");
    seat_attach(s, who, may_write);
    if (!writer && may_write) {
        writer = s;
        resized = 1;
    }
    tell(s, s == writer ? "writes" : "watches");
    seat_say(s, "rem you %s", s == writer ? "write" : "watch");
}

/* Who says nothing has to go when another comes. */
void audience_admit(int fd, const char *who)
{
    struct seat *s = seats;
    if (count(SEAT_NEW) == AUDIENCE_NEW)
        drop(first(SEAT_NEW, 0));
    while (s < end && s->is != SEAT_EMPTY)
        s++;
    if (s == end) {
        close(fd);
        return;
    }
    seat_open(s, fd);
    s->order = came++;
    if (who)
        attach(s, who, 1);
}

/* Those who may only watch leave some seats to others. */
static int is_full(int may_write)
{
    return count(SEAT_ATTACHED) >= AUDIENCE_MOST - (may_write ? 0u : AUDIENCE_KEPT);
}

/* Returns whether more may be in what has come. */
static int hear(struct seat *s)
{
    char line[CONSOLE_LINE];
    struct usher_wish wish;
    enum message_code code;
    const char *why = "this line is too long";
    int k = seat_line(s, line);
    if (k == 0)
        return 0;
    code = k < 0 ? MESSAGE_COMMAND : usher_hear(&usher, s->fd, line, &wish, &why);
    if (code == MESSAGE_NONE && wish.attach && is_full(wish.writes)) {
        code = MESSAGE_BUSY;
        why = "as many as may be are attached";
    }
    if (code == MESSAGE_NONE && wish.wall)
        tell(0, wish.wall);
    if (code == MESSAGE_NONE)
        seat_answer(s, "ok %lld %u %s", begun, count(SEAT_ATTACHED), command);
    else
        seat_answer(s, "error %s %s", message_code(code), why);
    if (code != MESSAGE_NONE || !wish.attach) {
        drop(s);
        return 0;
    }
    s->rows = wish.rows;
    s->columns = wish.columns;
    attach(s, wish.who, wish.writes);
    return 1;
}

/* What the last writer typed goes nowhere then. */
static void hand_over(struct seat *s)
{
    if (s == writer || !s->may_write)
        return;
    seat_pass_data(writer);
    write_next(s);
}

static void obey(struct seat *s, const struct frame *f)
{
    unsigned long rows, columns;
    char line[FRAME_LINE_MAX + 1], *word[3];
    memcpy(line, f->data, f->length);
    line[f->length] = 0;
    message_split(line, word, 3);
    if (message_is(word[0], "write"))
        hand_over(s);
    if (!message_is(word[0], "size") || say_number(word[1], 0, USHER_LARGEST, &rows) ||
        say_number(word[2], 0, USHER_LARGEST, &columns))
        return;
    s->rows = rows;
    s->columns = columns;
    resized |= s == writer;
}

/* What a watcher types goes nowhere; the writer's stays until it is used. */
static void take(struct seat *s)
{
    struct frame f;
    ssize_t n;
    if (s->is == SEAT_NEW && !hear(s))
        return;
    while ((n = seat_frame(s, &f)) > 0) {
        if (f.type == FRAME_LINE)
            obey(s, &f);
        else if (f.type != FRAME_DATA || s == writer)
            break;
        seat_pass(s);
    }
    if (n < 0 || (n > 0 && f.type != FRAME_DATA))
        drop(s);
}

/* He is gone; what he typed before comes first. */
static void leave(struct seat *s)
{
    struct frame f;
    if (!s->gone)
        s->gone = dial_now() + LAST;
    if (s->is == SEAT_ATTACHED && dial_left(s->gone)) {
        seat_read(s);
        take(s);
        if (s == writer && s->is == SEAT_ATTACHED && seat_frame(s, &f) > 0)
            return;
    }
    drop(s);
}

long long audience_wants(struct pollfd *p)
{
    long long until = -1;
    for (struct seat *s = seats; s < end; s++, p++) {
        *p = (struct pollfd){.fd = s->gone ? -1 : s->fd, .events = POLLRDHUP};
        if (s->have < sizeof s->in)
            p->events |= POLLIN;
        if (s->out.have)
            p->events |= POLLOUT;
        if (s->is == SEAT_NEW)
            until = dial_sooner(until, s->since + FIRST);
        if (s->is == SEAT_ATTACHED && s->gone)
            until = dial_sooner(until, s->gone);
    }
    if (writer && !audience_has_room())
        until = dial_sooner(until, writer->since + STALL);
    return until;
}

void audience_move(const struct pollfd *p)
{
    for (struct seat *s = seats; s < end; s++, p++) {
        if (s->is == SEAT_EMPTY || (!s->gone && s->fd != p->fd))
            continue;
        if (p->revents & POLLOUT)
            seat_drain(s);
        if (s->gone || s->out.fd < 0 || (p->revents & POLLIN && seat_read(s)) ||
            (!(p->revents & POLLIN) && p->revents & (POLLHUP | POLLERR | POLLRDHUP)) ||
            (s->is == SEAT_NEW && !dial_left(s->since + FIRST)))
            leave(s);
        else if (p->revents & POLLIN || (s != writer && s->have))
            take(s);
    }
}

int audience_has_room(void)
{
    return !writer || seat_has_room(writer) || !dial_left(writer->since + STALL);
}

void audience_put(const char *data, size_t n)
{
    for (struct seat *s = seats; s < end; s++)
        if (s->is == SEAT_ATTACHED)
            seat_put(s, data, n);
}

int audience_input(const char **data, size_t *n)
{
    struct frame f;
    if (!writer || seat_frame(writer, &f) <= 0 || f.type != FRAME_DATA)
        return 0;
    *data = f.data + writer->used;
    *n = f.length - writer->used;
    return 1;
}

void audience_used(size_t n)
{
    struct frame f;
    writer->used += n;
    if (seat_frame(writer, &f) <= 0 || writer->used < f.length)
        return;
    seat_pass(writer);
    (writer->gone ? leave : take)(writer);
}

int audience_size(unsigned short *rows, unsigned short *columns)
{
    int is = resized && writer && writer->rows && writer->columns;
    resized = 0;
    if (is) {
        *rows = (unsigned short)writer->rows;
        *columns = (unsigned short)writer->columns;
    }
    return is;
}

void audience_end(const char *line, long long deadline)
{
    struct pollfd p[AUDIENCE_POLL];
    seat_finish(seats, p, AUDIENCE_POLL, line, deadline);
}

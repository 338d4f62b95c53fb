#include "duct.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dial.h"
#include "ename.h"

static int lost(struct duct *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int lost(struct duct *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(d->why, sizeof d->why, format, args);
    va_end(args);
    return -1;
}

void duct_begin(struct duct *d, unsigned seconds)
{
    d->exports = d->tree != 0;
    d->is_up = d->ended = d->has_ended = d->at_once = d->doubted = 0;
    d->turns = 0;
    d->echo = d->leave = -1;
    pulse_start(&d->pulse, seconds);
}

/* Our half of the end. */
static void end(struct duct *d)
{
    if (!d->ended && wire_end(&d->wire) == 0)
        d->ended = 1;
}

static int watch_mount(struct duct *d)
{
    enum mount_state state = d->mount ? mount_state(d->mount) : MOUNT_ATTACHING;
    if (state == MOUNT_FAILED && d->leave < 0)
        return lost(d, "unable to mount at %s: %s", d->where, mount_why(d->mount));
    if (state == MOUNT_UP && !d->is_up) {
        d->is_up = 1;
        /* Before the peer asks once more: it could be for what only we can answer. */
        if (d->tree && beneath_shut(export_tree(d->tree), d->where) < 0)
            return lost(d, "unable to keep %s out of the export: %s", d->where,
                        strerror(errno));
    }
    if (state > MOUNT_UP && d->tree)
        beneath_unshut(export_tree(d->tree));
    if (state == MOUNT_OVER)
        end(d);
    return 1;
}

/* Who exports nothing says so when somebody wants to attach. */
static int refuse(struct duct *d, const struct ninep *m)
{
    struct ninep r = {.type = NINEP_RERROR, .tag = m->tag};
    r.text = ninep_text(ename_of(ENOENT));
    if (m->type == NINEP_TVERSION) {
        r.type = NINEP_RVERSION;
        r.msize = m->msize < WIRE_MSIZE ? m->msize : WIRE_MSIZE;
        r.text = ninep_text(NINEP_VERSION);
    }
    return wire_say(&d->wire, WIRE_R, &r);
}

static int take_question(struct duct *d, const struct ninep *m)
{
    if (d->has_ended)
        return lost(d, "the peer asks, and has said that it would not any more");
    if (d->tree ? export_take(d->tree, m) : refuse(d, m))
        return lost(d, "the peer asks what it must not: %s", strerror(errno));
    return 1;
}

static int take_answer(struct duct *d, const struct ninep *m)
{
    if (!d->mount || d->ended || mount_take(d->mount, m) < 0)
        return lost(d, "the peer answers what was not asked");
    return watch_mount(d);
}

static int take_end(struct duct *d)
{
    if (d->has_ended)
        return lost(d, "the peer has ended twice");
    d->has_ended = 1;
    if (d->tree)
        export_close(d->tree);
    d->tree = 0;
    if (!d->mount)
        end(d);
    return 1;
}

/* Take what has come. */
static int take_all(struct duct *d)
{
    struct ninep m;
    enum wire_what what;
    int r = 1;
    while (r > 0 && (what = wire_next(&d->wire, &m)) != WIRE_NOTHING) {
        if (what == WIRE_GARBAGE)
            r = lost(d, "what the peer says is not 9P2000");
        else if (what == WIRE_CLOSED)
            r = take_end(d);
        else if (ninep_asks(m.type))
            r = take_question(d, &m);
        else
            r = take_answer(d, &m);
    }
    return r;
}

/* Have the wire moved, and take what that has brought. */
static int move(struct duct *d, const struct pollfd *p)
{
    int r = wire_move(&d->wire, p), e = errno;
    if (take_all(d) < 0)
        return -1;
    /* Who exports nothing has nothing to wait for. */
    if (d->ended && (d->has_ended || !d->exports)) {
        wire_flush(&d->wire, dial_now() + DUCT_FAREWELL);
        return 0;
    }
    if (r == 0)
        return lost(d, "the peer has ended the connection");
    if (r < 0)
        return lost(d, "the connection is lost: %s", strerror(e));
    return 1;
}

static void sooner(long long *when, long long other)
{
    if (other >= 0 && (*when < 0 || other < *when))
        *when = other;
}

/* What time brings; and when to look again. Returns as duct_turn. */
static int look_at_time(struct duct *d, long long *again)
{
    int asks = d->mount && mount_state(d->mount) < MOUNT_OVER;
    long long now = dial_now();
    if (pulse_look(&d->pulse, &d->wire, asks ? d->mount : 0,
                   d->tree ? export_promised(d->tree) : 0, again))
        d->doubted = 0;
    else if (d->doubted)
        return lost(d, "the peer does not answer");
    else {
        d->doubted = 1; /* his answer may be here, and it is we who were slow */
        *again = now;
    }
    if (d->wire.error && d->echo < 0)
        d->echo = now + DUCT_ECHO;
    if (d->echo >= 0 && now >= d->echo)
        return lost(d, "the connection is lost: %s", strerror(d->wire.error));
    if (d->leave >= 0 && (!asks || now >= d->leave)) {
        wire_flush(&d->wire, d->leave);
        return 0;
    }
    if (d->tree)
        sooner(again, export_due(d->tree));
    if (d->mount)
        sooner(again, mount_due(d->mount));
    sooner(again, d->echo);
    sooner(again, d->leave);
    return 1;
}

/* ppoll(2) lets no signal in while something is ready. */
static void hear_signals(struct duct *d, const sigset_t *usual)
{
    static const struct timespec now;
    if (++d->turns % DUCT_DEAF == 0)
        ppoll(0, 0, &now, usual);
}

int duct_turn(struct duct *d, const sigset_t *usual)
{
    struct pollfd p[4];
    struct timespec t;
    long long again;
    int left, full, r = look_at_time(d, &again);
    if (r <= 0)
        return r;
    left = d->at_once ? 0 : dial_left(again);
    t.tv_sec = left / 1000;
    t.tv_nsec = left % 1000 * 1000000L;
    wire_poll(&d->wire, p);
    p[2] = (struct pollfd){.fd = d->tree ? export_fd(d->tree) : -1, .events = POLLIN};
    p[3] = (struct pollfd){.fd = d->mount ? mount_fd(d->mount) : -1, .events = POLLIN};
    if (ppoll(p, 4, left < 0 ? 0 : &t, usual) < 0 && errno != EINTR)
        return lost(d, "unable to wait: %s", strerror(errno));
    hear_signals(d, usual);
    r = move(d, p);
    if (r <= 0)
        return r;
    if (d->mount && p[3].revents)
        mount_serve(d->mount);
    if (d->tree)
        export_go_on(d->tree, p[2].revents);
    if (d->mount)
        mount_go_on(d->mount);
    r = watch_mount(d);
    full = wire_free(&d->wire, WIRE_T) < WIRE_MSIZE ||
           wire_free(&d->wire, WIRE_R) < WIRE_MSIZE;
    wire_write(&d->wire);
    /* Who has waited for room has it, and nothing else may come. */
    d->at_once = full && !wire_queued(&d->wire);
    return r;
}

void duct_leave(struct duct *d)
{
    if (d->leave < 0 && d->mount && mount_state(d->mount) < MOUNT_LEAVING)
        mount_leave(d->mount, EIO);
    d->leave = dial_now() + (d->leave < 0 ? DUCT_FAREWELL : 0);
}

void duct_close(struct duct *d)
{
    if (d->mount && mount_state(d->mount) < MOUNT_LEAVING)
        mount_leave(d->mount, EIO);
    if (d->mount)
        mount_close(d->mount);
    d->mount = 0;
    if (d->tree)
        export_close(d->tree);
    d->tree = 0;
    wire_close(&d->wire);
}

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>

#include "dial.h"
#include "eia.h"
#include "exporter.h"
#include "special.h"

enum { FILES = 256 /* that are looked at until the wire gets its turn */ };

/* It is closed all the same. */
static void end_close(struct export *e, struct parked *r, int error)
{
    struct ninep clunked;
    memset(&clunked, 0, sizeof clunked);
    clunked.type = NINEP_RCLUNK;
    clunked.tag = r->tag;
    if (error != EXPORTER_RESET)
        exporter_say(e, &clunked);
    r->tag = NINEP_NOTAG;
}

void exporter_end_parked(struct export *e, struct parked *r, int error)
{
    int has_effect = r->what == PARK_BREAK || (r->what == PARK_WRITE && r->done);
    if (r->what == PARK_DRAIN)
        return;
    if (r->what == PARK_CLOSE) {
        end_close(e, r, error);
        return;
    }
    if (r->what == PARK_SYNC)
        exporter_sync_forget(e, r);
    if (r->what == PARK_BREAK)
        eia_break(r->fid->file.fd);
    if (r->what == PARK_OPEN)
        r->fid->mode = FID_CLOSED;
    if (error != EXPORTER_RESET && has_effect)
        exporter_wrote(e, r->tag, r->done);
    else if (error > 0)
        exporter_fail(e, r->tag, error);
    park_drop(&e->park, r);
}

void exporter_give_up(struct export *e, struct fid *f)
{
    struct parked *r, *next;
    for (r = TAILQ_FIRST(&e->park.list); r; r = next) {
        next = TAILQ_NEXT(r, list);
        if (r->fid == f)
            exporter_end_parked(e, r, EBADF);
    }
}

/* Somebody else has read it meanwhile. */
static void wait_again(struct export *e, const struct parked *r)
{
    struct parked *again = park_add(&e->park, PARK_READ, r->tag, r->type, r->fid);
    if (!again) {
        exporter_fail(e, r->tag, errno);
        return;
    }
    again->offset = r->offset;
    again->count = r->count;
}

static enum exporter_end say_kept(struct export *e, const struct parked *r)
{
    unsigned char *bytes;
    if (!r->length && exporter_as(r->fid) < 0)
        return EXPORTER_FAILED;
    if (!r->length)
        return r->type == NINEP_TSTAT
                   ? exporter_stat_now(e, r->tag, r->fid)
                   : exporter_read_now(e, r->tag, r->fid, r->offset, r->count);
    bytes = exporter_room(e, r->length);
    if (!bytes)
        return EXPORTER_FULL;
    memcpy(bytes, r->answer, r->length);
    wire_put(e->wire, WIRE_R, r->length);
    return EXPORTER_SAID;
}

/* In their order, as far as there is room. */
static void say_answers(struct export *e)
{
    struct parked *r;
    enum exporter_end end = EXPORTER_SAID;
    while (end != EXPORTER_FULL && (r = TAILQ_FIRST(&e->park.ready))) {
        e->is_turn = 1;
        end = say_kept(e, r);
        if (end == EXPORTER_FAILED)
            exporter_fail(e, r->tag, errno);
        e->is_turn = 0;
        if (end == EXPORTER_WAITS)
            wait_again(e, r);
        if (end != EXPORTER_FULL)
            park_drop(&e->park, r);
    }
}

/* Returns whether the next one may be tried, too. */
static int go_on_read(struct export *e, struct parked *r, uint32_t events)
{
    enum exporter_end end = exporter_read_now(e, r->tag, r->fid, r->offset, r->count);
    if (end == EXPORTER_FULL && park_ready(&e->park, r) < 0)
        e->lost = errno;
    if (end == EXPORTER_FULL)
        return 1;
    if (end == EXPORTER_WAITS && !(events & (EPOLLHUP | EPOLLERR)))
        return 0;
    if (end != EXPORTER_SAID)
        exporter_fail(e, r->tag, end == EXPORTER_FAILED ? errno : EIO);
    park_drop(&e->park, r);
    return 1;
}

static int go_on_write(struct export *e, struct parked *r, uint32_t events)
{
    enum exporter_end end =
        exporter_write_now(r->fid, r->offset, r->data, r->count, &r->done);
    if (end == EXPORTER_WAITS && !(events & (EPOLLHUP | EPOLLERR)))
        return 0;
    if (end == EXPORTER_DONE || r->done)
        exporter_wrote(e, r->tag, r->done);
    else
        exporter_fail(e, r->tag, end == EXPORTER_FAILED ? errno : EIO);
    park_drop(&e->park, r);
    return 1;
}

/* The file of a fid is ready: who has waited for it first comes first. */
static void go_on_fid(struct export *e, struct fid *f, uint32_t events)
{
    int reads = 1, writes = 1;
    struct parked *r, *next;
    if (exporter_as(f) < 0) {
        exporter_give_up(e, f);
        return;
    }
    fid_keep(f);
    for (r = TAILQ_FIRST(&e->park.list); r; r = next) {
        next = TAILQ_NEXT(r, list);
        if (r->fid == f && r->what == PARK_READ && reads)
            reads = go_on_read(e, r, events);
        else if (r->fid == f && r->what == PARK_WRITE && writes)
            writes = go_on_write(e, r, events);
    }
    fid_release(f);
}

static void go_on_open(struct export *e, struct parked *p, long long now)
{
    struct ninep r;
    enum exporter_end end;
    memset(&r, 0, sizeof r);
    r.type = NINEP_ROPEN;
    r.tag = p->tag;
    end = exporter_open_now(e, p->fid, p->mode, &r);
    if (end == EXPORTER_WAITS) {
        p->due = now + EXPORTER_FIFO;
        return;
    }
    if (end == EXPORTER_DONE) {
        exporter_say(e, &r);
        park_drop(&e->park, p);
    } else
        exporter_end_parked(e, p, errno);
}

static void go_on_drain(struct export *e, struct parked *r, long long now)
{
    int fd = r->fid->file.fd;
    r->due = now + EXPORTER_TTY;
    if (special_is_sending(fd) && (uint64_t)now < r->offset)
        return;
    tcflush(fd, TCOFLUSH);
    park_drop(&e->park, r);
}

static void go_on_due(struct export *e)
{
    long long now = dial_now();
    struct parked *r, *next;
    for (r = TAILQ_FIRST(&e->park.list); r; r = next) {
        next = TAILQ_NEXT(r, list);
        if (r->due < 0 || r->due > now)
            continue;
        if (exporter_as(r->fid) < 0)
            exporter_end_parked(e, r, errno);
        else if (r->what == PARK_OPEN)
            go_on_open(e, r, now);
        else if (r->what == PARK_DRAIN)
            go_on_drain(e, r, now);
        else if (r->what == PARK_CTL)
            exporter_ctl_go_on(e, r, now);
        else
            exporter_end_parked(e, r, 0);
    }
}

void exporter_go_on(struct export *e, int ready)
{
    uint32_t events;
    struct fid *f;
    say_answers(e);
    for (int i = 0; ready && i < FILES && (f = park_next(&e->park, &events)); i++)
        go_on_fid(e, f, events);
    if (e->park.also) {
        e->park.also = 0;
        exporter_sync_go_on(e);
    }
    go_on_due(e);
    say_answers(e);
    exporter_as(0);
}

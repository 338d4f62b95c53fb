#include "call.h"

#include <errno.h>
#include <string.h>

#include "dial.h"
#include "ename.h"

enum { RING = CALL_TAGS };

static void free_tag(struct calls *c, unsigned tag)
{
    struct call *call = &c->call[tag];
    call->heard = 0;
    call->type = 0;
    call->next = CALL_NONE;
    if (c->frees++)
        c->call[c->last].next = (uint16_t)tag;
    else
        c->first = (uint16_t)tag;
    c->last = (uint16_t)tag;
}

void calls_open(struct calls *c, struct wire *w)
{
    memset(c, 0, sizeof *c);
    c->wire = w;
    c->call[RING].newer = c->call[RING].older = RING;
    for (unsigned tag = 0; tag < CALL_TAGS; tag++)
        free_tag(c, tag);
}

int call_room(const struct calls *c, unsigned messages, size_t data)
{
    return c->frees >= messages + CALL_LAST &&
           wire_free(c->wire, WIRE_T) >= data + CALL_SMALL;
}

/* The ring goes by age: older of its end is the newest. */
static void join(struct calls *c, unsigned tag)
{
    struct call *call = &c->call[tag];
    call->newer = call->older = (uint16_t)tag;
    if (call->type != NINEP_TFLUSH)
        return;
    call->newer = RING;
    call->older = c->call[RING].older;
    c->call[call->older].newer = c->call[RING].older = (uint16_t)tag;
}

static void leave(struct calls *c, unsigned tag)
{
    struct call *call = &c->call[tag];
    c->call[call->newer].older = call->older;
    c->call[call->older].newer = call->newer;
}

int call_say(struct calls *c, struct ninep *t, call_heard *heard, void *arg,
             unsigned which)
{
    int last = t->type == NINEP_TFLUSH || t->type == NINEP_TCLUNK;
    unsigned tag = c->first;
    struct call *call;
    if (c->frees <= (last ? 0 : CALL_LAST)) {
        errno = EAGAIN;
        return -1;
    }
    t->tag = (uint16_t)tag;
    if (wire_say(c->wire, WIRE_T, t)) {
        if (errno == ENOBUFS)
            errno = EAGAIN;
        return -1;
    }
    call = &c->call[tag];
    c->first = call->next;
    c->frees--;
    call->heard = heard;
    call->arg = arg;
    call->which = which;
    call->type = t->type;
    call->flush = call->flushes = CALL_NONE;
    call->since = dial_now();
    join(c, tag);
    return (int)tag;
}

static void flushed(void *arg, unsigned which, const struct ninep *r, int e)
{
    (void)arg;
    (void)which;
    (void)r;
    (void)e;
}

int call_flush(struct calls *c, unsigned tag)
{
    struct ninep t = {.type = NINEP_TFLUSH, .oldtag = (uint16_t)tag};
    int flush;
    if (c->call[tag].flush != CALL_NONE)
        return 0;
    flush = call_say(c, &t, flushed, 0, 0);
    if (flush < 0)
        return -1;
    c->call[tag].flush = (uint16_t)flush;
    c->call[flush].flushes = (uint16_t)tag;
    return 0;
}

/* The call hears, and its tag is free unless a flush of it is under way: until that is
   answered, what it flushes must not be another call. */
static void hear(struct calls *c, unsigned tag, const struct ninep *r, int e)
{
    struct call *call = &c->call[tag];
    call_heard *heard = call->heard;
    void *arg = call->arg;
    unsigned which = call->which;
    leave(c, tag);
    call->newer = call->older = (uint16_t)tag;
    call->heard = 0;
    if (call->flush == CALL_NONE)
        free_tag(c, tag);
    heard(arg, which, r, e);
}

int call_take(struct calls *c, const struct ninep *r)
{
    unsigned tag = r->tag;
    struct call *call = &c->call[tag < CALL_TAGS ? tag : RING];
    if (!call->heard || (r->type != call->type + 1 && r->type != NINEP_RERROR)) {
        errno = EPROTO;
        return -1;
    }
    if (call->type == NINEP_TFLUSH && call->flushes != CALL_NONE) {
        unsigned old = call->flushes;
        c->call[old].flush = CALL_NONE;
        call->flushes = CALL_NONE;
        if (c->call[old].heard)
            hear(c, old, 0, EINTR);
        else
            free_tag(c, old);
    }
    if (call->since <= c->call[c->call[RING].newer].since)
        c->answered = dial_now();
    if (r->type == NINEP_RERROR)
        hear(c, tag, 0, ename_errno(&r->text));
    else
        hear(c, tag, r, 0);
    return 0;
}

unsigned call_pending(const struct calls *c)
{
    return CALL_TAGS - c->frees;
}

long long call_waits(const struct calls *c)
{
    unsigned oldest = c->call[RING].newer;
    long long since = c->call[oldest].since;
    if (oldest == RING)
        return -1;
    return since > c->answered ? since : c->answered;
}

void calls_end(struct calls *c, int e)
{
    for (unsigned tag = 0; tag < CALL_TAGS; tag++) {
        struct call *call = &c->call[tag];
        call_heard *heard = call->heard;
        if (!heard)
            continue;
        call->heard = 0;
        heard(call->arg, call->which, 0, e);
    }
}

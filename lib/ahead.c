#include "ahead.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST = 4 }; /* chunks of a window that opens */

void ahead_open(struct ahead_pool *p, uint32_t unit, long long fresh)
{
    memset(p, 0, sizeof *p);
    p->unit = unit;
    p->fresh = fresh;
    for (int i = AHEAD_CHUNKS; i-- > 0;) {
        p->chunk[i].next = p->free;
        p->free = &p->chunk[i];
    }
}

void ahead_close(struct ahead_pool *p)
{
    for (int i = 0; i < AHEAD_CHUNKS; i++)
        free(p->chunk[i].own);
}

static void give_back(struct ahead_pool *p, struct ahead_chunk *c)
{
    c->state = AHEAD_FREE;
    c->next = p->free;
    p->free = c;
}

/* Take a chunk out of the file; one that is asked for is free when it has come. */
static void leave(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c)
{
    struct ahead_chunk **link = &a->first, *before = 0;
    while (*link != c) {
        before = *link;
        link = &before->next;
    }
    *link = c->next;
    if (a->last == c)
        a->last = before;
    if (c->state == AHEAD_ASKED)
        c->state = AHEAD_ORPHAN;
    else
        give_back(p, c);
}

static void set_window(struct ahead_pool *p, struct ahead *a, unsigned chunks)
{
    if (!a->window && chunks)
        p->streams++;
    if (a->window && !chunks)
        p->streams--;
    a->window = chunks;
}

void ahead_passed(struct ahead_pool *p, struct ahead *a, uint64_t offset, uint32_t count)
{
    struct ahead_chunk *c, *next;
    for (c = a->first; c; c = next) {
        uint64_t end = c->offset + c->count;
        next = c->next;
        if (end > offset && end <= offset + count)
            leave(p, a, c);
    }
}

void ahead_drop(struct ahead_pool *p, struct ahead *a)
{
    while (a->first)
        leave(p, a, a->first);
    set_window(p, a, 0);
    a->begun = 0;
}

void ahead_see(struct ahead_pool *p, struct ahead *a, uint64_t offset, uint32_t count,
               long long now)
{
    struct ahead_chunk *c, *next;
    /* The kernel's own reads ahead may come in another order than they were begun, and
       again: near is good enough. */
    uint64_t apart = offset > a->next ? offset - a->next : a->next - offset;
    if (offset == a->next || (a->window && apart <= 2 * (uint64_t)p->unit)) {
        if (a->begun < 2)
            a->begun++;
    } else {
        ahead_drop(p, a);
        a->begun = 1;
        a->next = offset;
    }
    if (offset + count > a->next)
        a->next = offset + count;
    if (a->begun == 2 && !a->window)
        set_window(p, a, FIRST);
    for (c = a->first; c; c = next) {
        next = c->next;
        if ((c->state == AHEAD_HERE && now - c->when > p->fresh) ||
            c->offset + c->count + p->unit <= offset)
            leave(p, a, c);
    }
}

struct ahead_chunk *ahead_want(struct ahead_pool *p, struct ahead *a, uint64_t length,
                               long long now)
{
    struct ahead_chunk *c = p->free;
    unsigned most = p->streams ? AHEAD_CHUNKS / p->streams : 0;
    uint64_t at = a->next;
    if (most > a->window)
        most = a->window;
    if (a->last && a->last->offset + a->last->count > at)
        at = a->last->offset + a->last->count;
    if (!c || at >= length || at - a->next >= (uint64_t)most * p->unit)
        return 0;
    p->free = c->next;
    c->next = 0;
    c->state = AHEAD_ASKED;
    c->offset = at;
    c->count = p->unit;
    c->when = now;
    if (a->last)
        a->last->next = c;
    else
        a->first = c;
    a->last = c;
    return c;
}

void ahead_unask(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c)
{
    c->state = AHEAD_HERE;
    leave(p, a, c);
}

int ahead_came(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c,
               const void *bytes, uint32_t n, long long now)
{
    if (c->state == AHEAD_ORPHAN) {
        give_back(p, c);
        return 0;
    }
    c->state = AHEAD_HERE;
    if (!bytes) {
        leave(p, a, c);
        ahead_drop(p, a);
        return 0;
    }
    if (a->window && now - c->when > 2 * AHEAD_QUICK)
        set_window(p, a, a->window > 2 ? a->window / 2 : 1);
    else if (a->window && now - c->when <= AHEAD_QUICK && a->window < AHEAD_CHUNKS)
        set_window(p, a, a->window + 1);
    c->at = bytes;
    c->count = n < c->count ? n : c->count;
    c->when = now;
    return 1;
}

void ahead_keep(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c)
{
    if (c->state != AHEAD_HERE || c->at == c->own)
        return;
    if (!c->own)
        c->own = malloc(p->unit);
    if (!c->own) {
        leave(p, a, c);
        return;
    }
    memcpy(c->own, c->at, c->count);
    c->at = c->own;
}

enum ahead_state ahead_holds(const struct ahead *a, uint64_t offset, uint32_t count)
{
    enum ahead_state state = AHEAD_HERE;
    int pieces = 0;
    for (const struct ahead_chunk *c = a->first; c; c = c->next) {
        uint64_t end = c->offset + c->count;
        if (end <= offset)
            continue;
        if (c->offset > offset || ++pieces > AHEAD_PIECES)
            return AHEAD_FREE;
        if (c->state == AHEAD_ASKED)
            state = AHEAD_ASKED;
        if (end - offset >= count)
            return state;
        count -= (uint32_t)(end - offset);
        offset = end;
    }
    return AHEAD_FREE;
}

int ahead_pieces(const struct ahead *a, uint64_t offset, uint32_t count,
                 struct iovec v[AHEAD_PIECES])
{
    int n = 0;
    for (const struct ahead_chunk *c = a->first; c && count && n < AHEAD_PIECES;
         c = c->next) {
        uint64_t end = c->offset + c->count;
        uint32_t some;
        if (end <= offset)
            continue;
        some = end - offset < count ? (uint32_t)(end - offset) : count;
        /* iovec has no const. */
        v[n].iov_base = (void *)(uintptr_t)(c->at + (offset - c->offset));
        v[n++].iov_len = some;
        offset += some;
        count -= some;
    }
    return n;
}

#include "park.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ninep.h"

int park_open(struct park *p, unsigned most, unsigned writes, size_t size)
{
    memset(p, 0, sizeof *p);
    TAILQ_INIT(&p->free);
    TAILQ_INIT(&p->list);
    TAILQ_INIT(&p->ready);
    p->most = most;
    p->data_size = size;
    p->all = calloc(2 * most, sizeof *p->all);
    p->data = calloc(writes, sizeof *p->data);
    p->room = malloc(writes * size);
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!p->all || !p->data || !p->room || p->epoll < 0) {
        park_close(p);
        return -1;
    }
    for (unsigned i = 0; i < 2 * most; i++)
        TAILQ_INSERT_TAIL(&p->free, &p->all[i], list);
    for (unsigned i = 0; i < writes; i++)
        p->data[p->data_left++] = p->room + i * size;
    return 0;
}

void park_close(struct park *p)
{
    int e = errno;
    if (p->epoll >= 0)
        close(p->epoll);
    free(p->all);
    free(p->data);
    free(p->room);
    p->epoll = -1;
    errno = e;
}

/* Look for what the fid's parked requests need, and for nothing when there are none: who
   has hung up is always reported. */
static int watch(struct park *p, struct fid *f)
{
    uint32_t want = (f->reads ? EPOLLIN : 0) | (f->writes ? EPOLLOUT : 0);
    struct epoll_event e = {.events = want, .data.ptr = f};
    int op = !f->watched ? EPOLL_CTL_ADD : want ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    if (want == f->watched)
        return 0;
    if (epoll_ctl(p->epoll, op, f->file.fd, &e) < 0)
        return -1;
    f->watched = want;
    return 0;
}

static void count(struct fid *f, enum park_what what, int by)
{
    if (what == PARK_READ)
        f->reads += (unsigned)by;
    if (what == PARK_WRITE)
        f->writes += (unsigned)by;
}

struct parked *park_add(struct park *p, enum park_what what, uint16_t tag, uint8_t type,
                        struct fid *f)
{
    struct parked *r = TAILQ_FIRST(&p->free);
    int answers = what == PARK_ANSWER;
    if (!r || (answers ? p->answers : p->waiting) >= p->most) {
        errno = ENOBUFS;
        return 0;
    }
    if (f) {
        count(f, what, 1);
        if (watch(p, f) < 0) {
            count(f, what, -1);
            return 0;
        }
        fid_keep(f);
    }
    TAILQ_REMOVE(&p->free, r, list);
    memset(r, 0, offsetof(struct parked, answer));
    r->what = what;
    r->tag = tag;
    r->type = type;
    r->fid = f;
    r->due = -1;
    *(answers ? &p->answers : &p->waiting) += 1;
    if (answers)
        TAILQ_INSERT_TAIL(&p->ready, r, list);
    else
        TAILQ_INSERT_TAIL(&p->list, r, list);
    return r;
}

int park_data(struct park *p, struct parked *r)
{
    if (!p->data_left) {
        errno = ENOBUFS;
        return -1;
    }
    r->data = p->data[--p->data_left];
    return 0;
}

/* Not in its list any more. */
static void take_out(struct park *p, struct parked *r)
{
    if (r->what == PARK_ANSWER) {
        TAILQ_REMOVE(&p->ready, r, list);
        p->answers--;
    } else {
        TAILQ_REMOVE(&p->list, r, list);
        p->waiting--;
    }
    if (r->fid) {
        count(r->fid, r->what, -1);
        watch(p, r->fid);
    }
}

void park_drop(struct park *p, struct parked *r)
{
    take_out(p, r);
    if (r->fid)
        fid_release(r->fid);
    if (r->data)
        p->data[p->data_left++] = r->data;
    TAILQ_INSERT_HEAD(&p->free, r, list);
}

int park_ready(struct park *p, struct parked *r)
{
    if (p->answers >= p->most) {
        errno = ENOBUFS;
        return -1;
    }
    take_out(p, r);
    r->what = PARK_ANSWER;
    r->due = -1;
    p->answers++;
    TAILQ_INSERT_TAIL(&p->ready, r, list);
    return 0;
}

struct parked *park_find(struct park *p, uint16_t tag)
{
    struct parked *r;
    TAILQ_FOREACH(r, &p->list, list)
    if (r->tag == tag && tag != NINEP_NOTAG)
        return r;
    TAILQ_FOREACH(r, &p->ready, list)
    if (r->tag == tag)
        return r;
    return 0;
}

long long park_due(const struct park *p)
{
    const struct parked *r;
    long long due = -1;
    TAILQ_FOREACH(r, &p->list, list)
    if (r->due >= 0 && (due < 0 || r->due < due))
        due = r->due;
    return due;
}

int park_also(struct park *p, int fd)
{
    struct epoll_event e = {.events = EPOLLIN};
    return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e);
}

struct fid *park_next(struct park *p, uint32_t *events)
{
    struct epoll_event e;
    if (epoll_wait(p->epoll, &e, 1, 0) != 1)
        return 0;
    p->also |= !e.data.ptr;
    *events = e.events;
    return e.data.ptr;
}

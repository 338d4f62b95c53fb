/* A queue is one piece of memory, and no message is moved in it: what does not fit behind
   the last one goes to the beginning, if there is room. */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "sink.h"
#include "wire.h"

enum {
    PIECES = 32,   /* of one write */
    BYTES = 262144 /* which has about so many bytes */
};

/* Room behind the last message. */
static size_t room_behind(const struct wire_queue *q)
{
    return q->wrap ? q->at - q->end : WIRE_QUEUE - q->end;
}

/* Room at the beginning, when the last message is not there yet. */
static size_t room_before(const struct wire_queue *q)
{
    return q->wrap ? 0 : q->at;
}

size_t wire_free(const struct wire *w, enum wire_way way)
{
    const struct wire_queue *q = &w->q[way];
    size_t behind = room_behind(q), before = room_before(q);
    return behind > before ? behind : before;
}

unsigned char *wire_room(struct wire *w, enum wire_way way, size_t n)
{
    struct wire_queue *q = &w->q[way];
    if (n <= room_behind(q))
        q->room = q->end;
    else if (n <= room_before(q))
        q->room = 0;
    else
        return 0;
    return q->bytes + q->room;
}

/* Nobody hears us any more. */
void wire_fail(struct wire *w, int e)
{
    w->error = e;
    for (int i = 0; i < WIRE_WAYS; i++)
        w->q[i].at = w->q[i].end = w->q[i].wrap = w->q[i].left = 0;
}

void wire_put(struct wire *w, enum wire_way way, size_t n)
{
    struct wire_queue *q = &w->q[way];
    if (w->error)
        return;
    if (ninep_size(q->bytes + q->room) != n) {
        wire_fail(w, EPROTO); /* it is by their sizes that the messages are told apart */
        return;
    }
    if (q->room != q->end)
        q->wrap = q->end;
    q->end = q->room + n;
}

int wire_say(struct wire *w, enum wire_way way, const struct ninep *m)
{
    const struct wire_queue *q = &w->q[way];
    size_t most = w->most[way], longest = wire_free(w, way), n;
    unsigned char *bytes = wire_room(w, way, sink_least(room_behind(q), most));
    n = bytes ? ninep_pack(bytes, sink_least(room_behind(q), most), m) : 0;
    if (!n && room_before(q)) {
        bytes = wire_room(w, way, sink_least(longest, most));
        n = bytes ? ninep_pack(bytes, sink_least(longest, most), m) : 0;
    }
    if (n && ninep_size(bytes) == n) {
        wire_put(w, way, n);
        return 0;
    }
    errno = n ? EINVAL : longest < most ? ENOBUFS : EMSGSIZE;
    return -1;
}

int wire_end(struct wire *w)
{
    unsigned char *bytes = wire_room(w, WIRE_T, sizeof WIRE_CLOSE);
    if (!bytes) {
        errno = ENOBUFS;
        return -1;
    }
    memcpy(bytes, WIRE_CLOSE, sizeof WIRE_CLOSE);
    wire_put(w, WIRE_T, sizeof WIRE_CLOSE);
    return 0;
}

static size_t queued(const struct wire_queue *q)
{
    return q->wrap ? q->wrap - q->at + q->end : q->end - q->at;
}

size_t wire_queued(const struct wire *w)
{
    return queued(&w->q[WIRE_T]) + queued(&w->q[WIRE_R]);
}

static int balance_after(int balance, enum wire_way way, size_t n)
{
    balance += way == WIRE_T ? (int)n : -(int)n;
    return balance > WIRE_MSIZE    ? WIRE_MSIZE
           : balance < -WIRE_MSIZE ? -WIRE_MSIZE
                                   : balance;
}

/* The next n bytes of the queue have gone out. */
static void gone(struct wire *w, enum wire_way way, size_t n)
{
    struct wire_queue *q = &w->q[way];
    w->sent += n;
    w->balance = balance_after(w->balance, way, n);
    while (n) {
        size_t some;
        if (!q->left)
            q->left = ninep_size(q->bytes + q->at);
        some = sink_least(q->left, n);
        q->left -= some;
        q->at += some;
        n -= some;
        if (!q->left)
            w->messages_sent++;
        if (q->wrap && q->at == q->wrap)
            q->at = q->wrap = 0;
    }
    if (!q->wrap && q->at == q->end)
        q->at = q->end = 0;
}

/* What one write(2) may take: messages of both ways, each behind another. */
struct plan {
    struct iovec v[PIECES];
    enum wire_way way[PIECES];
    int count;
    size_t bytes;
};

static void plan_add(struct plan *p, enum wire_way way, unsigned char *at, size_t n)
{
    int last = p->count - 1;
    p->bytes += n;
    if (last >= 0 && p->way[last] == way &&
        (unsigned char *)p->v[last].iov_base + p->v[last].iov_len == at) {
        p->v[last].iov_len += n;
        return;
    }
    p->v[p->count].iov_base = at;
    p->v[p->count].iov_len = n;
    p->way[p->count++] = way;
}

/* Of copies of the queues' places. A message that is on its way goes on first. */
static void make_plan(const struct wire *w, struct plan *p)
{
    size_t at[WIRE_WAYS], left[WIRE_WAYS];
    int balance = w->balance;
    for (int i = 0; i < WIRE_WAYS; i++) {
        at[i] = w->q[i].at;
        left[i] = queued(&w->q[i]);
    }
    p->count = 0;
    p->bytes = 0;
    while ((left[WIRE_T] || left[WIRE_R]) && p->bytes < BYTES && p->count < PIECES) {
        enum wire_way way =
            !left[WIRE_R] || (left[WIRE_T] && balance <= 0) ? WIRE_T : WIRE_R;
        size_t n = 0;
        if (!p->count && (w->q[WIRE_T].left || w->q[WIRE_R].left)) {
            way = w->q[WIRE_T].left ? WIRE_T : WIRE_R;
            n = w->q[way].left;
        }
        if (w->q[way].wrap && at[way] == w->q[way].wrap)
            at[way] = 0;
        if (!n)
            n = ninep_size(w->q[way].bytes + at[way]);
        plan_add(p, way, w->q[way].bytes + at[way], n);
        at[way] += n;
        left[way] -= n;
        balance = balance_after(balance, way, n);
    }
}

void wire_write(struct wire *w)
{
    struct plan p;
    ssize_t n;
    do {
        make_plan(w, &p);
        if (!p.count || w->error)
            return;
        n = sink_writev(w->out, w->how, p.v, p.count);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            wire_fail(w, errno);
        for (ssize_t i = 0, left = n; left > 0; i++) {
            size_t some = sink_least((size_t)left, p.v[i].iov_len);
            gone(w, p.way[i], some);
            left -= (ssize_t)some;
        }
    } while (n > 0);
}

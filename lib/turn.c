/* Nobody barges: while somebody lives in the line of a pool, a free board of it is for
   the head alone. The kernel would let anybody in who asks at the right moment; so the
   question is put under the line's gate. The head needs no gate: while he stands there,
   nobody else is let to a free board. He watches before he looks, and leaves the line
   after he has joined the board. */
#include "turn.h"

#include <errno.h>
#include <string.h>

/* The pool's record of the config. 0 or -1, as turn_ask. */
static int open_pool(struct turn *t, struct conf_lines *pool)
{
    struct conf *c = &t->conf;
    int k;

    if (conf_have(c)) {
        if (errno == ENOENT)
            errno = EPROTO;
        return -1;
    }
    k = conf_may(c, t->uid, "pool", t->pool);
    if (k == 0)
        errno = EACCES;
    if (k > 0)
        k = conf_find(c, "pool", t->pool, pool);
    return k > 0 ? 0 : -1;
}

static int choose(struct turn *t, struct conf_lines pool, int free_too)
{
    return board_choose(&t->board, pool, t->uid, t->user, t->fresh, free_too, t->address);
}

/* With the gate of the line. */
static int decide(struct turn *t, struct conf_lines pool, int join)
{
    int others = queue_anybody(&t->queue);
    int k = others < 0 ? -1 : choose(t, pool, !others);

    if (k == 0 && join)
        k = queue_join(&t->queue, t->uid, t->user, 0);
    return k;
}

int turn_ask(struct turn *t, int join)
{
    struct conf_lines pool;
    int k, saved;

    if (open_pool(t, &pool))
        return -1;
    k = queue_open(&t->queue, "line", t->pool, ROLL_WRITE);
    if (k == 0)
        k = roll_gate(&t->queue.roll);
    if (k == 0) {
        k = decide(t, pool, join);
        roll_ungate(&t->queue.roll);
    } else if (errno == ENOENT)
        errno = EPROTO;
    saved = errno;
    if (k || !join)
        queue_close(&t->queue);
    errno = saved;
    return k;
}

void turn_wake(struct turn *t)
{
    queue_wake(&t->queue);
}

/* Another connection of the user may have got a board meanwhile: then we meet there. */
static int meet(struct turn *t)
{
    struct conf_lines pool;
    int k, saved;

    if (t->fresh || roll_anybody(t->others) <= 0)
        return 0;
    k = open_pool(t, &pool);
    if (k == 0)
        k = choose(t, pool, 0);
    saved = errno;
    conf_close(&t->conf);
    errno = saved;
    return k;
}

/* Until we are the head: 2. */
static int stand(struct turn *t)
{
    int k;

    for (;;) {
        t->moved(t);
        k = meet(t);
        if (k || *t->late)
            return k;
        k = queue_wait(&t->queue, t->mask);
        if (k > 0) {
            t->moved(t);
            return 2;
        }
        if (k < 0 && errno != EINTR)
            return -1;
    }
}

/* At the head, until the config changes: 2. */
static int watch(struct turn *t, struct conf_lines pool, int peer)
{
    int k;

    watch_boards(&t->watch, pool);
    for (;;) {
        k = choose(t, pool, 1);
        if (k || *t->late)
            return k;
        k = watch_wait(&t->watch, peer, t->mask);
        if (k < 0 && errno != EINTR)
            return k;
        if (k == 0)
            return 2;
    }
}

int turn_wait(struct turn *t, int peer)
{
    struct conf_lines pool;
    int k, saved;

    conf_close(&t->conf);
    k = stand(t);
    if (k == 2) {
        watch_open(&t->watch);
        do {
            conf_close(&t->conf);
            k = open_pool(t, &pool);
            if (k == 0)
                k = watch(t, pool, peer);
        } while (k == 2);
    }
    saved = errno;
    if (k > 0)
        queue_leave(&t->queue);
    else
        queue_close(&t->queue);
    errno = saved;
    return k;
}

/* The board we hold is read through the descriptor we have: closing another would drop
   our lock. */
int turn_look(const struct turn *t, const char *address, struct board_state *s)
{
    int k;

    if (t->board.record == 0 || strcmp(address, t->address) != 0)
        return board_look(address, s);
    k = board_read(&t->board, s);
    if (k == 0 && s->sessions++ == 0)
        strcpy(s->user, t->user);
    s->state = BOARD_HELD;
    return k;
}

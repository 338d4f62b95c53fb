/* A session of his is watched by its pidfd: whoever leaves a board does so by exiting,
   but for who gives it back to be marked offline, and the second is for him. inotify(7)
   would see more, but a user has only 128 instances of it, and waiters need them. */
#include "holder.h"

#include <unistd.h>

#include "board.h"
#include "dial.h"

static int look(const char *address, uid_t *uid, struct roll *r)
{
    struct board_state s;

    if (board_open(r, address, ROLL_READ))
        return -1;
    if (board_read(r, &s)) {
        roll_close(r);
        return -1;
    }
    *uid = s.uid;
    return s.state == BOARD_HELD && s.uid != (uid_t)-1;
}

/* The same, and watch one of the sessions there are now. */
static int look_and_watch(struct holder *h, uid_t *uid)
{
    struct roll_entry e = {0};
    struct roll r;
    int k = look(h->address, uid, &r);

    holder_close(h);
    while (k > 0 && h->fd < 0 && roll_next(&r, &e) > 0)
        h->fd = roll_pin(&r, &e);
    if (k >= 0)
        roll_close(&r);
    h->look = dial_now() + HOLDER_LOOK;
    return k;
}

int holder_open(struct holder *h, const char *address)
{
    h->address = address;
    h->fd = -1;
    return look_and_watch(h, &h->uid);
}

int holder_lost(struct holder *h, int events)
{
    uid_t uid;

    if (!events && dial_now() < h->look)
        return 0;
    return look_and_watch(h, &uid) != 1 || uid != h->uid;
}

int holder_now(const struct holder *h, uid_t *uid)
{
    struct roll r;
    int k = look(h->address, uid, &r);

    if (k >= 0)
        roll_close(&r);
    return k;
}

void holder_close(struct holder *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
}

#include "holder.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "board.h"
#include "dial.h"

/* Returns 1 and whose it is, 0 or -1. */
static int look(const char *address, uid_t *uid)
{
    struct board_state s;

    if (board_look(address, &s))
        return -1;
    *uid = s.uid;
    return s.state == BOARD_HELD && s.uid != (uid_t)-1;
}

int holder_open(struct holder *h, const char *address)
{
    char path[PATH_MAX];

    h->address = address;
    h->look = dial_now() + HOLDER_LOOK;
    h->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (h->fd >= 0 && (roll_path(path, sizeof path, "board", address) ||
                       inotify_add_watch(h->fd, path, IN_CLOSE_WRITE) < 0))
        holder_close(h);
    return look(address, &h->uid);
}

int holder_lost(struct holder *h, int events)
{
    char seen[4096];
    uid_t uid;

    if (!events && dial_now() < h->look)
        return 0;
    h->look = dial_now() + HOLDER_LOOK;
    while (h->fd >= 0 && read(h->fd, seen, sizeof seen) > 0)
        ;
    return look(h->address, &uid) != 1 || uid != h->uid;
}

int holder_now(const struct holder *h, uid_t *uid)
{
    return look(h->address, uid);
}

void holder_close(struct holder *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
}

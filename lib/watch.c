#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "roll.h"

static int add(struct watch *w, const char *path, uint32_t what)
{
    int n = inotify_add_watch(w->fd, path, what);

    if (n > w->last)
        w->last = n;
    return n;
}

void watch_open(struct watch *w)
{
    if (w->fd < 0) {
        w->last = 0;
        w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    }
    if (w->fd >= 0)
        w->config = add(w, roll_state(), IN_MOVED_TO);
}

void watch_roll(struct watch *w, const char *kind, const char *name)
{
    char path[PATH_MAX];

    if (w->fd >= 0 && roll_path(path, sizeof path, kind, name) == 0)
        add(w, path, IN_CLOSE_WRITE);
}

void watch_boards(struct watch *w, struct conf_lines pool)
{
    char board[CONF_WORD];

    while (w->fd >= 0 && conf_line(&pool, "board", board))
        watch_roll(w, "board", board);
}

/* The kernel numbers watches from 1. */
void watch_stop(struct watch *w)
{
    for (; w->last > 0; --w->last)
        inotify_rm_watch(w->fd, w->last);
}

void watch_close(struct watch *w, int peer, const sigset_t *mask)
{
    static const struct timespec moment = {0, 50000000};
    struct pollfd p = {.fd = peer, .events = POLLIN};
    int n;

    watch_stop(w);
    do
        n = ppoll(&p, 1, &moment, mask);
    while (n < 0 && errno == EINTR);
    if (n == 0) {
        close(w->fd);
        w->fd = -1;
    }
}

/* Read all that is there. Returns 1, or 0 when the config is among it. */
static int drain(const struct watch *w)
{
    union {
        struct inotify_event event;
        char bytes[4096];
    } u;
    const struct inotify_event *e;
    ssize_t n, at;
    int left = 1;

    while ((n = read(w->fd, &u, sizeof u)) > 0)
        for (at = 0; at < n; at += (ssize_t)(sizeof *e + e->len)) {
            e = (const struct inotify_event *)(u.bytes + at);
            if (e->wd == w->config && e->len && strcmp(e->name, "config.cdb") == 0)
                left = 0;
        }
    return left;
}

int watch_wait(const struct watch *w, int peer, const sigset_t *mask)
{
    struct pollfd p[2] = {{.fd = peer, .events = POLLRDHUP},
                          {.fd = w->fd, .events = POLLIN}};
    struct timespec second = {1, 0};
    int n = ppoll(p, 2, &second, mask);

    if (n <= 0)
        return n;
    if (p[0].revents) {
        errno = EPIPE;
        return -1;
    }
    return drain(w);
}

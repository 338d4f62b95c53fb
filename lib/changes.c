#include "changes.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "dial.h"
#include "roll.h"

/* Milliseconds: a burst is over when so long nothing happened, or after all that. */
enum { QUIET = 20, BURST = 200 };

static int add(int fd, const char *kind, unsigned events, const char **what)
{
    static char path[PATH_MAX];
    int saved;

    *what = kind ? path : roll_state();
    if ((!kind || roll_path(path, sizeof path, kind, 0) == 0) &&
        inotify_add_watch(fd, *what, events | IN_ONLYDIR) >= 0)
        return 0;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int changes_open(const char **what)
{
    const unsigned written = IN_CLOSE_WRITE | IN_ATTRIB | IN_MODIFY;
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    *what = 0;
    if (fd < 0 || add(fd, 0, IN_MOVED_TO, what) || add(fd, "board", written, what) ||
        add(fd, "line", written, what))
        return -1;
    return fd;
}

int changes_wait(int fd, int timeout)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = 1}};
    long long end = 0;
    char events[4096];
    int n;

    for (;;) {
        n = poll(p, 2, timeout);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n <= 0)
            return end != 0;
        if (p[1].revents) {
            errno = EPIPE;
            return -1;
        }
        while (read(fd, events, sizeof events) > 0)
            ;
        if (!end)
            end = dial_now() + BURST;
        if (dial_now() >= end)
            return 1;
        timeout = QUIET;
    }
}

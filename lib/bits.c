#include "bits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int fd = -1;
static char draft[PATH_MAX], final[PATH_MAX];

int bits_begin(const char *home, const char *board, const char *bid)
{
    char when[32];
    struct tm tm;
    time_t now = time(0);
    int n, m;

    bits_drop();
    if (strchr(board, '/') || strchr(bid, '/')) {
        errno = EINVAL;
        return -1;
    }
    if (!localtime_r(&now, &tm) ||
        !strftime(when, sizeof when, "%Y-%m-%d--%H-%M-%S", &tm))
        return -1;
    n = snprintf(draft, sizeof draft, "%s/.upload-%ld.biz", home, (long)getpid());
    m = snprintf(final, sizeof final, "%s/%s--%s-%s.biz", home, when, board, bid);
    if (n < 0 || n >= (int)sizeof draft || m < 0 || m >= (int)sizeof final) {
        errno = ENAMETOOLONG;
        return -1;
    }
    do
        fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -1 : 0;
}

static int give_up(void)
{
    int e = errno;

    bits_drop();
    errno = e;
    return -1;
}

int bits_add(const char *data, size_t n)
{
    while (fd >= 0 && n) {
        ssize_t w = write(fd, data, n);
        if (w > 0) {
            data += w;
            n -= (size_t)w;
        } else if (w == 0 || errno != EINTR)
            return give_up();
    }
    return 0;
}

int bits_end(void)
{
    int old = fd;

    if (fd < 0)
        return 0;
    if (rename(draft, final) < 0)
        return give_up();
    fd = -1;
    return close(old);
}

void bits_drop(void)
{
    if (fd < 0)
        return;
    unlink(draft);
    close(fd);
    fd = -1;
}

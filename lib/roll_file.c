/* Where rolls are, and how they are made and opened. */
#include "roll.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *roll_state(void)
{
    const char *state = getenv("VLAB_STATE");

    return state && *state ? state : "/var/lib/vlab";
}

int roll_path(char *out, size_t size, const char *first, const char *second)
{
    int n = snprintf(out, size, "%s/%s%s%s", roll_state(), first, second ? "/" : "",
                     second ? second : "");

    if (n < 0 || (size_t)n >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

void roll_host(char *out)
{
    memset(out, 0, ROLL_HOST);
    if (gethostname(out, ROLL_HOST) || !*out)
        strcpy(out, "_");
    for (; *out; ++out)
        if (*out <= ' ' || *out > '~')
            *out = '_';
}

/* Root makes rolls for whoever owns the state directory. */
static int give_away(int fd)
{
    struct stat state;

    if (fchmod(fd, 0640))
        return -1;
    if (geteuid() != 0)
        return 0;
    return stat(roll_state(), &state) ? -1 : fchown(fd, state.st_uid, state.st_gid);
}

static int create(const char *path)
{
    int fd, saved;

    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0 || give_away(fd) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int roll_open(struct roll *r, const char *kind, const char *name, int mode)
{
    char path[PATH_MAX];

    r->fd = -1;
    r->record = 0;
    if (name && (!*name || *name == '.' || strchr(name, '/'))) {
        errno = EINVAL;
        return -1;
    }
    if (roll_path(path, sizeof path, kind, name))
        return -1;
    r->fd = open(path, (mode == ROLL_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    if (r->fd < 0 && errno == ENOENT && mode == ROLL_CREATE) {
        r->fd = create(path);
        if (r->fd < 0 && errno == EEXIST)
            return roll_open(r, kind, name, ROLL_WRITE);
    }
    return r->fd < 0 ? -1 : 0;
}

int roll_make(int directory, const char *name)
{
    return mknodat(directory, name, S_IFREG | 0640, 0) < 0 && errno != EEXIST ? -1 : 0;
}

void roll_close(struct roll *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    r->record = 0;
}

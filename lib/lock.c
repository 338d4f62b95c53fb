#include "lock.h"

#include <fcntl.h>
#include <unistd.h>

static int control(int fd, int cmd, int type, off_t from, off_t to)
{
    struct flock l = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = from};

    l.l_len = to - from;
    return fcntl(fd, cmd, &l) < 0 ? -1 : 0;
}

int lock_try(int fd, off_t from, off_t to)
{
    return control(fd, F_SETLK, F_WRLCK, from, to);
}

int lock_take(int fd, off_t from, off_t to)
{
    return control(fd, F_SETLKW, F_WRLCK, from, to);
}

int lock_wait(int fd, off_t from, off_t to)
{
    if (control(fd, F_SETLKW, F_RDLCK, from, to))
        return -1;
    lock_drop(fd, from, to);
    return 0;
}

void lock_drop(int fd, off_t from, off_t to)
{
    control(fd, F_SETLK, F_UNLCK, from, to);
}

int lock_share(int fd, off_t from, off_t to)
{
    return control(fd, F_OFD_SETLK, F_WRLCK, from, to);
}

void lock_unshare(int fd, off_t from, off_t to)
{
    control(fd, F_OFD_SETLK, F_UNLCK, from, to);
}

int lock_any(int fd, off_t from, off_t to, off_t *where, pid_t *pid)
{
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from};

    l.l_len = to - from;
    if (fcntl(fd, F_GETLK, &l))
        return -1;
    if (l.l_type == F_UNLCK)
        return 0;
    if (where)
        *where = l.l_start < from ? from : l.l_start;
    if (pid)
        *pid = l.l_pid > 0 ? l.l_pid : 0;
    return 1;
}

int lock_lowest(int fd, off_t from, off_t to, off_t *where)
{
    int k, found = 0;

    while (from < to && (k = lock_any(fd, from, to, &to, 0)) != 0) {
        if (k < 0)
            return -1;
        found = 1;
    }
    *where = to;
    return found;
}

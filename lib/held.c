#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void held_close(int fd)
{
    int e = errno;
    if (fd >= 0)
        close(fd);
    errno = e;
}

int held_copy(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int held_lowest(int fd)
{
    int low = held_copy(fd);
    if (low < 0 || low > fd) {
        held_close(low);
        return fd;
    }
    held_close(fd);
    return low;
}

int held_same(int one, int other)
{
    struct stat s, t;
    return fstat(one, &s) == 0 && fstat(other, &t) == 0 && s.st_ino == t.st_ino &&
           s.st_dev == t.st_dev;
}

int held_is_link(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

void held_proc(char path[HELD_PROC], int fd)
{
    snprintf(path, HELD_PROC, "/proc/self/fd/%d", fd);
}

int held_proc_open(void)
{
    return open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int held_path(int proc, int fd, char path[PATH_MAX])
{
    char number[16];
    ssize_t n;
    snprintf(number, sizeof number, "%d", fd);
    n = readlinkat(proc, number, path, PATH_MAX);
    if (n < 0)
        return -1;
    if (n == PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    path[n] = 0;
    return 0;
}

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u
#endif

int held_mount(int fd, const char *path, uint64_t *id)
{
    const unsigned either = STATX_MNT_ID | STATX_MNT_ID_UNIQUE;
    struct statx x;
    int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | (*path ? 0 : AT_EMPTY_PATH);
    if (statx(fd, path, flags, either, &x) < 0)
        return -1;
    *id = x.stx_mnt_id;
    if (x.stx_mask & either)
        return 0;
    errno = ENOSYS;
    return -1;
}

int held_use(int fd, int flags)
{
    char proc[HELD_PROC];
    held_proc(proc, fd);
    return open(proc, flags | O_CLOEXEC);
}

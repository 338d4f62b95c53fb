/* Whatever is reached, by one name at a time, is looked for again from the root, by the
   name that the kernel has for it, before it is believed to be in the tree. So it does
   not matter who renamed what meanwhile. */
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "held.h"

enum { AGAIN = 64 /* times a file is looked for while it is renamed */ };

static int open_in(int dir, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(O_PATH | O_CLOEXEC | flags),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve};
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

int beneath_not_shut(struct beneath *b, int fd)
{
    uint64_t id;
    if (fd < 0 || !b->has_shut)
        return fd;
    if (held_mount(fd, "", &id) == 0) {
        if (id != b->shut)
            return fd;
        errno = ENOENT;
    }
    held_close(fd);
    return -1;
}

int beneath_step(struct beneath *b, int dir, const char *name)
{
    return beneath_not_shut(b, open_in(dir, name, O_NOFOLLOW, 0));
}

int beneath_open(struct beneath *b, const char *path)
{
    memset(b, 0, sizeof *b);
    b->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    b->proc = b->root < 0 ? -1 : held_proc_open();
    if (b->proc >= 0 && held_path(b->proc, b->root, b->path) == 0)
        return 0;
    beneath_close(b);
    return -1;
}

void beneath_close(struct beneath *b)
{
    held_close(b->root);
    held_close(b->proc);
    b->root = b->proc = -1;
}

int beneath_shut(struct beneath *b, const char *path)
{
    if (held_mount(AT_FDCWD, path, &b->shut) < 0)
        return -1;
    b->has_shut = 1;
    return 0;
}

void beneath_unshut(struct beneath *b)
{
    b->has_shut = 0;
}

static const char *below(const char *root, const char *path)
{
    size_t n = strlen(root);
    if (n && root[n - 1] == '/')
        n--;
    if (strncmp(path, root, n) || (path[n] && path[n] != '/'))
        return 0;
    path += n;
    return path + strspn(path, "/");
}

const char *beneath_rest(struct beneath *b, const char *path)
{
    const char *rest = below(b->path, path);
    if (!rest && held_path(b->proc, b->root, b->path) == 0)
        rest = below(b->path, path);
    if (!rest)
        errno = EXDEV;
    return rest;
}

/* How a path from the root is looked for, in which nothing is a link. */
static uint64_t plainly(const struct beneath *b)
{
    return RESOLVE_NO_SYMLINKS | (b->has_shut ? RESOLVE_NO_XDEV : 0);
}

/* The directory at a path from the root in which nothing is a link. Only where it is in
   another mount each of the names is looked at. */
static int find_directory(struct beneath *b, char *path)
{
    int at, next;
    if (!*path)
        return held_copy(b->root);
    at = open_in(b->root, path, O_DIRECTORY, plainly(b));
    if (at >= 0 || errno != EXDEV || !b->has_shut)
        return at;
    at = held_copy(b->root);
    for (char *rest, *name = strtok_r(path, "/", &rest); name && at >= 0;
         name = strtok_r(0, "/", &rest)) {
        next = beneath_step(b, at, name);
        held_close(at);
        at = next;
    }
    return at;
}

/* Is the file at a path from the root this one? Returns the directory it is in. */
static int look_for(struct beneath *b, int fd, char *path, char *name)
{
    char *last = strrchr(path, '/');
    const char *its = last ? last + 1 : path;
    int dir, found, is;
    errno = ENOENT;
    if (strlen(its) > NINEP_NAME) /* it is removed: the kernel says so behind the name */
        return -1;
    strcpy(name, its);
    *(last ? last : path) = 0;
    dir = find_directory(b, path);
    if (dir < 0)
        return -1;
    found = beneath_step(b, dir, name);
    is = found >= 0 && held_same(found, fd);
    held_close(found);
    if (is)
        return dir;
    if (found >= 0)
        errno = ENOENT;
    held_close(dir);
    return -1;
}

int beneath_place(struct beneath *b, int fd, char *name)
{
    char path[PATH_MAX], then[PATH_MAX] = "", work[PATH_MAX];
    const char *rest;
    int dir, e = ENOENT;
    for (int i = 0; i < AGAIN; i++) {
        if (held_path(b->proc, fd, path) < 0)
            return -1;
        rest = beneath_rest(b, path);
        errno = !rest ? EXDEV : !*rest ? EBUSY : strcmp(path, then) ? 0 : e;
        if (errno)
            return -1;
        strcpy(work, rest);
        dir = look_for(b, fd, work, name);
        if (dir >= 0)
            return dir;
        e = errno;
        strcpy(then, path);
    }
    errno = e;
    return -1;
}

/* Mostly one look is enough. */
static int is_at_once(struct beneath *b, int fd, char *name)
{
    char path[PATH_MAX];
    const char *rest, *last;
    int found, is;
    rest = held_path(b->proc, fd, path) < 0 ? 0 : beneath_rest(b, path);
    if (!rest || !*rest)
        return 0;
    last = strrchr(rest, '/');
    last = last ? last + 1 : rest;
    if (strlen(last) > NINEP_NAME)
        return 0;
    found = open_in(b->root, rest, O_NOFOLLOW, plainly(b));
    is = found >= 0 && held_same(found, fd);
    held_close(found);
    strcpy(name, last);
    return is;
}

int beneath_name(struct beneath *b, int fd, char *name)
{
    int dir;
    if (is_at_once(b, fd, name))
        return 0;
    if (held_same(fd, b->root)) {
        strcpy(name, "/");
        return 0;
    }
    dir = beneath_place(b, fd, name);
    held_close(dir);
    return dir < 0 ? -1 : 0;
}

int beneath_has(struct beneath *b, int fd)
{
    char name[NINEP_NAME + 1];
    return beneath_name(b, fd, name) == 0;
}

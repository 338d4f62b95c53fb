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

enum {
    LINKS = 40, /* that are followed to one file, as the kernel does */
    AGAIN = 64  /* times a file is looked for while it is renamed */
};

static int open_in(int dir, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(O_PATH | O_CLOEXEC | flags),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve};
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

/* Ours from now on, or closed if it is in the mount that is shut. */
static int not_shut(const struct beneath *b, int fd)
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

/* One name, no `..`; a link is not followed. */
static int step(const struct beneath *b, int dir, const char *name)
{
    return not_shut(b, open_in(dir, name, O_NOFOLLOW, 0));
}

int beneath_open(struct beneath *b, const char *path)
{
    memset(b, 0, sizeof *b);
    b->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return b->root < 0 ? -1 : 0;
}

void beneath_close(struct beneath *b)
{
    held_close(b->root);
    b->root = -1;
}

int beneath_shut(struct beneath *b, const char *path)
{
    if (held_mount(AT_FDCWD, path, &b->shut) < 0)
        return -1;
    b->has_shut = 1;
    return 0;
}

/* What is behind the root in an absolute path, without slashes before it; 0: it is not
   below the root. */
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

/* The directory at a path from the root in which nothing is a link. Only where it is in
   another mount each of the names is looked at. */
static int find_directory(const struct beneath *b, char *path)
{
    uint64_t resolve = RESOLVE_NO_SYMLINKS | (b->has_shut ? RESOLVE_NO_XDEV : 0);
    int at, next;
    if (!*path)
        return held_copy(b->root);
    at = open_in(b->root, path, O_DIRECTORY, resolve);
    if (at >= 0 || errno != EXDEV || !b->has_shut)
        return at;
    at = held_copy(b->root);
    for (char *rest, *name = strtok_r(path, "/", &rest); name && at >= 0;
         name = strtok_r(0, "/", &rest)) {
        next = step(b, at, name);
        held_close(at);
        at = next;
    }
    return at;
}

/* Is the file at a path from the root this one? Returns the directory it is in. */
static int look_for(const struct beneath *b, int fd, char *path, char *name)
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
    found = step(b, dir, name);
    is = found >= 0 && held_same(found, fd);
    held_close(found);
    if (is)
        return dir;
    if (found >= 0)
        errno = ENOENT;
    held_close(dir);
    return -1;
}

int beneath_place(const struct beneath *b, int fd, char *name)
{
    char root[PATH_MAX], path[PATH_MAX], then[PATH_MAX] = "", work[PATH_MAX];
    const char *behind;
    int dir, e = ENOENT;
    for (int i = 0; i < AGAIN; i++) {
        if (held_path(b->root, root) < 0 || held_path(fd, path) < 0)
            return -1;
        behind = below(root, path);
        errno = !behind ? EXDEV : !*behind ? EBUSY : strcmp(path, then) ? 0 : e;
        if (errno)
            return -1;
        strcpy(work, behind);
        dir = look_for(b, fd, work, name);
        if (dir >= 0)
            return dir;
        e = errno;
        strcpy(then, path);
    }
    errno = e;
    return -1;
}

int beneath_has(const struct beneath *b, int fd)
{
    char name[NINEP_NAME + 1];
    int dir;
    if (held_same(fd, b->root))
        return 1;
    dir = beneath_place(b, fd, name);
    held_close(dir);
    return dir >= 0;
}

/* Its parent; of the root, which has none, -1 EXDEV. */
static int up(const struct beneath *b, int dir)
{
    int parent;
    if (held_same(dir, b->root)) {
        errno = EXDEV;
        return -1;
    }
    parent = not_shut(b, openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (parent < 0 || beneath_has(b, parent))
        return parent;
    held_close(parent);
    errno = EXDEV;
    return -1;
}

/* Put what a link says before the rest of a path. Returns where that goes on: at is the
   directory the link is in; closed if it is another one. */
static int turn(const struct beneath *b, int at, int link, char path[PATH_MAX])
{
    char text[PATH_MAX], root[PATH_MAX], rest[PATH_MAX];
    const char *to = text;
    ssize_t n = readlinkat(link, "", text, sizeof text);
    int e = 0;
    strcpy(rest, path);
    if (n < 0)
        e = errno;
    else if (n == sizeof text)
        e = ENAMETOOLONG;
    else {
        text[n] = 0;
        if (*text == '/')
            to = held_path(b->root, root) < 0 ? 0 : below(root, text);
        if (!to)
            e = EXDEV;
        else if (snprintf(path, PATH_MAX, "%s/%s", to, rest) >= PATH_MAX)
            e = ENAMETOOLONG;
    }
    if (!e && *text != '/')
        return at;
    held_close(at);
    errno = e;
    return e ? -1 : held_copy(b->root);
}

/* Where a link in a directory leads to, name by name. */
static int follow(const struct beneath *b, int dir, int link)
{
    char path[PATH_MAX] = "", name[PATH_MAX];
    int at = turn(b, held_copy(dir), link, path), next, links = 1;
    size_t n;
    while (at >= 0 && *path) {
        n = strcspn(path, "/");
        memcpy(name, path, n);
        name[n] = 0;
        memmove(path, path + n + (path[n] != 0), strlen(path + n) + (path[n] == 0));
        if (!*name || !strcmp(name, "."))
            continue;
        next = strcmp(name, "..") ? step(b, at, name) : up(b, at);
        if (next >= 0 && held_is_link(next)) {
            if (++links > LINKS) {
                held_close(at);
                at = -1;
                errno = ELOOP;
            } else
                at = turn(b, at, next, path);
            held_close(next);
        } else {
            held_close(at);
            at = next;
        }
    }
    return at;
}

/* Does this errno of follow mean that the link leads nowhere for us? */
static int is_nowhere(int e)
{
    return e == ENOENT || e == EXDEV || e == ELOOP || e == ENOTDIR || e == EACCES ||
           e == ENAMETOOLONG;
}

/* As beneath_walk, but not yet found again from the root. */
static int find(const struct beneath *b, int dir, const char *name, int *link)
{
    int fd, to;
    *link = -1;
    if (!strcmp(name, ".."))
        return held_same(dir, b->root) ? held_copy(b->root) : up(b, dir);
    fd = step(b, dir, name);
    if (fd < 0 || !held_is_link(fd))
        return fd;
    to = follow(b, dir, fd);
    if (to >= 0) {
        *link = fd;
        return to;
    }
    if (is_nowhere(errno))
        return fd;
    held_close(fd);
    return -1;
}

int beneath_walk(const struct beneath *b, int dir, const char *name, int *link)
{
    int fd = find(b, dir, name, link);
    if (fd < 0)
        return -1;
    if (beneath_has(b, fd) && (*link < 0 || beneath_has(b, *link)))
        return fd;
    held_close(fd);
    held_close(*link);
    *link = -1;
    return -1;
}

int beneath_look(const struct beneath *b, int dir, const char *name, struct stat *st)
{
    int fd, link, r;
    if (!b->has_shut) {
        r = fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
        if (r < 0 || !S_ISLNK(st->st_mode))
            return r;
    }
    fd = find(b, dir, name, &link);
    if (fd < 0)
        return -1;
    r = fstat(fd, st);
    held_close(fd);
    held_close(link);
    return r;
}

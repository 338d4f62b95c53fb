/* Names and links, one at a time. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "beneath.h"
#include "held.h"
#include "target.h"

enum {
    LINKS = 40,  /* that are followed to one file, as the kernel does */
    REPLACED = 8 /* times in a row, while it is looked at */
};

/* Its parent; of the root, which has none, -1 EXDEV. */
static int up(struct beneath *b, int dir)
{
    int parent;
    if (held_same(dir, b->root)) {
        errno = EXDEV;
        return -1;
    }
    parent = beneath_not_shut(b, openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (parent < 0 || beneath_has(b, parent))
        return parent;
    held_close(parent);
    errno = EXDEV;
    return -1;
}

/* Put what a link says before the rest of a path. Returns where that goes on: at is the
   directory the link is in; closed if it is another one. */
static int turn(struct beneath *b, int at, int link, char path[PATH_MAX])
{
    char text[PATH_MAX], rest[PATH_MAX];
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
            to = beneath_rest(b, text);
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
static int follow(struct beneath *b, int dir, int link)
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
        next = strcmp(name, "..") ? beneath_step(b, at, name) : up(b, at);
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
static int find(struct beneath *b, int dir, const char *name, int *link)
{
    int fd, to;
    *link = -1;
    if (!strcmp(name, ".."))
        return held_same(dir, b->root) ? held_copy(b->root) : up(b, dir);
    fd = beneath_step(b, dir, name);
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

int beneath_walk(struct beneath *b, int dir, const char *name, int *link)
{
    int fd;
    for (int i = 0; i < REPLACED; i++) {
        fd = find(b, dir, name, link);
        if (fd < 0)
            return -1;
        if (beneath_has(b, fd) && (*link < 0 || beneath_has(b, *link)))
            return fd;
        held_close(fd);
        held_close(*link);
        *link = -1;
        if (errno != ENOENT)
            return -1;
    }
    return -1;
}

int beneath_look(struct beneath *b, int dir, const char *name, struct stat *st, int *to)
{
    int fd, link, r;
    *to = BENEATH_NO_LINK;
    if (!b->has_shut) {
        r = fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
        if (r < 0 || !S_ISLNK(st->st_mode))
            return r;
    }
    fd = find(b, dir, name, &link);
    if (fd < 0)
        return -1;
    r = fstat(fd, st);
    if (r == 0 && link >= 0) {
        *to = fd;
        fd = -1;
    } else if (r == 0 && S_ISLNK(st->st_mode))
        *to = BENEATH_NOWHERE;
    held_close(fd);
    held_close(link);
    return r;
}

int beneath_target(struct beneath *b, int fd, const char *name, const char *dir, int to,
                   char *out)
{
    ssize_t n = readlinkat(fd, name, out, TARGET_MOST + 1);
    struct ninep_text text = {.at = out, .length = (uint16_t)(n < 0 ? 0 : n)};
    char path[PATH_MAX];
    const char *rest;
    if (target_keeps(&text, target_depth(dir))) {
        out[n] = 0;
        return 0;
    }
    if (to < 0 || !beneath_has(b, to) || held_path(b->proc, to, path) < 0)
        return -1;
    rest = beneath_rest(b, path);
    return rest ? target_between(out, dir, rest) : -1;
}

#include "mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "held.h"

enum { TRIES = 8 };

#define TABLE "/proc/self/mountinfo"

struct table {
    FILE *file;
    char *line;
    size_t size;
    /* of the line */
    uint64_t id, parent;
    char *device, *path, *type, *source;
};

static int table_open(struct table *t)
{
    memset(t, 0, sizeof *t);
    t->file = fopen(TABLE, "re");
    return t->file ? 0 : -1;
}

/* errno stays. */
static void table_close(struct table *t)
{
    int e = errno;
    free(t->line);
    fclose(t->file);
    errno = e;
}

/* What would part the words is written as a backslash and three octal digits. */
static void decode(char *text)
{
    char *to = text;
    for (; *text; text++)
        if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
            *to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
            text += 3;
        } else
            *to++ = *text;
    *to = 0;
}

/* id parent device root PATH options [tag...] - TYPE SOURCE options */
static int parse(struct table *t)
{
    char *rest = t->line, *word;
    int n = 0;
    t->device = t->path = t->type = t->source = 0;
    while ((word = strsep(&rest, " \n")) && !(n > 5 && !strcmp(word, "-"))) {
        if (n == 0)
            t->id = strtoull(word, 0, 10);
        else if (n == 1)
            t->parent = strtoull(word, 0, 10);
        else if (n == 2)
            t->device = word;
        else if (n == 4)
            t->path = word;
        n++;
    }
    t->type = strsep(&rest, " \n");
    t->source = strsep(&rest, " \n");
    if (!t->path || !t->source)
        return 0;
    decode(t->path);
    decode(t->source);
    return 1;
}

/* The next mount of a duct: 1, or 0: there is none. */
static int table_next(struct table *t)
{
    while (getline(&t->line, &t->size, t->file) >= 0)
        if (parse(t) && !strcmp(t->type, MOUNTED_TYPE))
            return 1;
    return 0;
}

int mounted_id(int fd, const char *path, uint64_t *id)
{
    struct statx x;
    int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW |
                (*path ? 0 : AT_EMPTY_PATH);
    if (statx(fd, path, flags, STATX_MNT_ID, &x) < 0)
        return -1;
    *id = x.stx_mnt_id;
    if (x.stx_mask & STATX_MNT_ID)
        return 0;
    errno = ENOSYS;
    return -1;
}

int mounted_source(uint64_t id, const char *path, char source[MOUNTED_SOURCE])
{
    struct table t;
    int found = 0;
    if (table_open(&t) < 0)
        return -1;
    while (!found && table_next(&t))
        found = t.id == id && !strcmp(t.path, path);
    if (found)
        snprintf(source, MOUNTED_SOURCE, "%s", t.source);
    table_close(&t);
    return found;
}

int mounted_on(const char *source, const char *path, uint64_t below)
{
    struct table t;
    int found = 0;
    if (table_open(&t) < 0)
        return -1;
    while (!found && table_next(&t))
        found = t.parent == below && !strcmp(t.path, path) && !strcmp(t.source, source);
    table_close(&t);
    return found;
}

void mounted_ahead(const char *source, unsigned bytes)
{
    char path[80] = "";
    struct table t;
    int fd;
    if (table_open(&t) < 0)
        return;
    while (!*path && table_next(&t))
        if (!strcmp(t.source, source))
            snprintf(path, sizeof path, "/sys/class/bdi/%s/read_ahead_kb", t.device);
    table_close(&t);
    fd = *path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0)
        dprintf(fd, "%u\n", bytes / 1024);
    held_close(fd);
}

/* Who is not root needs help. */
static void take_away(char *path)
{
    char program[] = "fusermount3", how[] = "-uzq", end[] = "--";
    char *const argv[] = {program, how, end, path, 0};
    pid_t pid;
    if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno != EPERM)
        return;
    if (posix_spawnp(&pid, program, 0, 0, argv, environ) == 0)
        while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
            ;
}

/* Take one away that is on top: 1, or 0: there is none. */
static int clear_one(const char *source, int *left)
{
    struct table t;
    uint64_t top;
    int done = 0;
    *left = -1;
    if (table_open(&t) < 0)
        return 0;
    *left = 0;
    while (!done && table_next(&t)) {
        if (strcmp(t.source, source))
            continue;
        ++*left;
        done = mounted_id(AT_FDCWD, t.path, &top) == 0 && top == t.id;
        if (done)
            take_away(t.path);
    }
    table_close(&t);
    return done;
}

int mounted_clear(const char *source)
{
    int left;
    for (int i = 0; i < TRIES; i++)
        if (!clear_one(source, &left))
            break;
    return left;
}

int mounted_clear_all(const char *source, unsigned seconds)
{
    long long end = dial_now() + seconds * 1000LL;
    struct pollfd p = {.events = POLLPRI};
    int left;
    do {
        /* What changes from now on is told. */
        p.fd = open(TABLE, O_RDONLY | O_CLOEXEC);
        left = mounted_clear(source);
        if (left > 0 && p.fd >= 0)
            poll(&p, 1, dial_left(end));
        held_close(p.fd);
    } while (left > 0 && p.fd >= 0 && dial_left(end));
    return left;
}

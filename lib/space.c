#include "space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "map.h"
#include "owner.h"
#include "say.h"

enum { AT_ONCE = 64 /* children */ };

static const char *const below[SPACE_PLACES] = {"", "/pts"};

const char *space_path(void)
{
    const char *path = getenv("VLAB_NAMESPACE");
    return path && *path ? path : "/vlab";
}

int space_at(enum space_place place, unsigned node, char path[PATH_MAX])
{
    char name[16] = "";
    size_t n;
    if (!realpath(space_path(), path))
        return -1;
    if (node)
        snprintf(name, sizeof name, "/%u", node);
    n = strlen(path);
    if ((size_t)snprintf(path + n, PATH_MAX - n, "%s%s", below[place], name) <
        PATH_MAX - n)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

int space_make(void)
{
    char pts[PATH_MAX];
    mode_t mask = umask(022);
    int k = mkdir(space_path(), 0755) && errno != EEXIST;
    k = k || space_at(SPACE_CONSOLES, 0, pts) || (mkdir(pts, 0755) && errno != EEXIST);
    umask(mask);
    return k ? -1 : 0;
}

static const char *local(enum space_place place)
{
    return place == SPACE_DEVICES ? "/dev" : console_dir();
}

int space_is_link(enum space_place place, const char *path)
{
    char to[PATH_MAX];
    ssize_t n = readlink(path, to, sizeof to);
    return n > 0 && (size_t)n == strlen(local(place)) &&
           memcmp(to, local(place), (size_t)n) == 0;
}

int space_owns(unsigned node)
{
    char path[PATH_MAX];
    return space_at(SPACE_DEVICES, node, path) == 0 && space_is_link(SPACE_DEVICES, path);
}

/* The next name there that is a number, or 0. */
static unsigned next(DIR *dir)
{
    const struct dirent *e;
    unsigned long n;
    while ((e = readdir(dir)))
        if (say_number(e->d_name, 1, MAP_LAST, &n) == 0)
            return (unsigned)n;
    return 0;
}

static DIR *open_place(enum space_place place)
{
    char path[PATH_MAX];
    return space_at(place, 0, path) ? 0 : opendir(path);
}

static int own(enum space_place place, unsigned node)
{
    char path[PATH_MAX];
    unsigned n;
    DIR *dir = open_place(place);
    if (!dir)
        return errno == ENOENT && !node ? 0 : -1;
    while ((n = next(dir)))
        if (n != node &&
            (space_at(place, n, path) || (space_is_link(place, path) && unlink(path))))
            break;
    closedir(dir);
    if (n)
        return -1;
    if (!node)
        return 0;
    if (space_at(place, node, path))
        return -1;
    if (space_is_link(place, path))
        return 0;
    /* What a mount has left. */
    return rmdir(path) && errno == EBUSY ? -1 : symlink(local(place), path);
}

int space_own(unsigned node)
{
    return own(SPACE_DEVICES, node) || own(SPACE_CONSOLES, node) ? -1 : 0;
}

int space_duct(const char *source)
{
    const char *number = strrchr(source, '-');
    char path[40], name[16] = "";
    unsigned long pid = number ? strtoul(number + 1, 0, 10) : 0;
    int fd = pid && pid <= INT_MAX ? (int)syscall(SYS_pidfd_open, (int)pid, 0) : -1;
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    FILE *f;
    if (fd < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/%lu/comm", pid);
    f = fopen(path, "re");
    if (f) {
        if (!fgets(name, sizeof name, f))
            *name = 0;
        fclose(f);
    }
    /* One that nobody has waited for yet is dead, too. */
    if (strcmp(name, "vlab-duct\n") == 0 && poll(&ended, 1, 0) == 0)
        return fd;
    close(fd);
    errno = ESRCH;
    return -1;
}

enum space_what space_look(enum space_place place, unsigned node, char path[PATH_MAX],
                           char source[MOUNTED_SOURCE])
{
    uint64_t here, under;
    int fd;
    *path = *source = 0;
    if (space_at(place, node, path) || mounted_id(AT_FDCWD, path, &here) ||
        mounted_id(AT_FDCWD, space_path(), &under))
        return SPACE_NOTHING;
    if (mounted_source(here, path, source) != 1)
        return here == under ? SPACE_NOTHING : SPACE_FOREIGN;
    fd = space_duct(source);
    if (fd < 0)
        return SPACE_DEAD;
    close(fd);
    return SPACE_DUCT;
}

static int compare(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Adds those of one place to count nodes. */
static int list(enum space_place place, unsigned *nodes, unsigned count, unsigned most)
{
    char path[PATH_MAX], source[MOUNTED_SOURCE];
    unsigned n, before = count;
    DIR *dir = open_place(place);
    if (!dir)
        return errno == ENOENT ? (int)count : -1;
    while (count < most && (n = next(dir))) {
        enum space_what what = space_look(place, n, path, source);
        if ((what == SPACE_DUCT || what == SPACE_DEAD) &&
            !bsearch(&n, nodes, before, sizeof n, compare))
            nodes[count++] = n;
    }
    closedir(dir);
    qsort(nodes, count, sizeof *nodes, compare);
    return (int)count;
}

int space_list(unsigned *nodes, unsigned most)
{
    int count = list(SPACE_DEVICES, nodes, 0, most);
    return count < 0 ? -1 : list(SPACE_CONSOLES, nodes, (unsigned)count, most);
}

/* One of those that are under way ends: its exit code. */
static int reap(pid_t *child, unsigned *count)
{
    int status;
    pid_t pid;
    for (;;) {
        /* Only ours are waited for, so each in turn: all take a bounded time. */
        pid = waitpid(child[--*count], &status, 0);
        if (pid > 0)
            return WIFEXITED(status) ? WEXITSTATUS(status) : SAY_SYSTEM;
        if (errno != EINTR)
            return SAY_SYSTEM;
        ++*count;
    }
}

int space_each(const unsigned *nodes, unsigned count, int (*one)(unsigned node))
{
    pid_t child[AT_ONCE];
    unsigned running = 0;
    int worst = 0, code, error = 0;
    for (unsigned i = 0; i < count && !error; i++) {
        while (running == AT_ONCE) {
            code = reap(child, &running);
            worst = code > worst ? code : worst;
        }
        child[running] = fork();
        if (child[running] == 0)
            _exit(owner_files_leave() ? SAY_SYSTEM : one(nodes[i]));
        if (child[running] > 0)
            running++;
        else
            error = errno;
    }
    while (running) {
        code = reap(child, &running);
        worst = code > worst ? code : worst;
    }
    errno = error;
    return error ? -1 : worst;
}

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

#include "map.h"
#include "owner.h"
#include "say.h"

enum { AT_ONCE = 64 /* children */ };

static const char local[] = "/dev";

const char *space_path(void)
{
    const char *path = getenv("VLAB_NAMESPACE");
    return path && *path ? path : "/vlab";
}

int space_make(void)
{
    mode_t mask = umask(022);
    int k = mkdir(space_path(), 0755);
    umask(mask);
    return k && errno != EEXIST ? -1 : 0;
}

/* As proc(5) has it, without links. */
static int path_of(char path[PATH_MAX], unsigned node)
{
    size_t n;
    if (!realpath(space_path(), path))
        return -1;
    n = strlen(path);
    if ((size_t)snprintf(path + n, PATH_MAX - n, "/%u", node) < PATH_MAX - n)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static int is_link(const char *path)
{
    char to[sizeof local];
    return readlink(path, to, sizeof to) == sizeof local - 1 &&
           memcmp(to, local, sizeof local - 1) == 0;
}

int space_owns(unsigned node)
{
    char path[PATH_MAX];
    return path_of(path, node) == 0 && is_link(path);
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

int space_own(unsigned node)
{
    char path[PATH_MAX];
    unsigned n;
    DIR *dir = opendir(space_path());
    if (!dir)
        return errno == ENOENT && !node ? 0 : -1;
    while ((n = next(dir)))
        if (n != node && space_owns(n) && (path_of(path, n) || unlink(path)))
            break;
    closedir(dir);
    if (n)
        return -1;
    if (!node || space_owns(node))
        return 0;
    /* What a mount has left. */
    if (path_of(path, node) || (rmdir(path) && errno == EBUSY))
        return -1;
    return symlink(local, path);
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

enum space_what space_look(unsigned node, char path[PATH_MAX],
                           char source[MOUNTED_SOURCE])
{
    uint64_t here, below;
    int fd;
    *path = *source = 0;
    if (path_of(path, node) || mounted_id(AT_FDCWD, path, &here) ||
        mounted_id(AT_FDCWD, space_path(), &below))
        return SPACE_NOTHING;
    if (mounted_source(here, path, source) != 1)
        return here == below ? SPACE_NOTHING : SPACE_FOREIGN;
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

int space_list(unsigned *nodes, unsigned most)
{
    char path[PATH_MAX], source[MOUNTED_SOURCE];
    unsigned count = 0, n;
    DIR *dir = opendir(space_path());
    if (!dir)
        return errno == ENOENT ? 0 : -1;
    while (count < most && (n = next(dir))) {
        enum space_what what = space_look(n, path, source);
        if (what == SPACE_DUCT || what == SPACE_DEAD)
            nodes[count++] = n;
    }
    closedir(dir);
    qsort(nodes, count, sizeof *nodes, compare);
    return (int)count;
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

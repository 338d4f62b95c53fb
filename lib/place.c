#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "held.h"
#include "mounted.h"

enum { TRIES = 8 };

static int path_of(int fd, char path[PATH_MAX])
{
    int proc = held_proc_open(), r = proc < 0 ? -1 : held_path(proc, fd, path);
    held_close(proc);
    return r;
}

/* What is at the place now, on top. */
static int hold(struct place *p, const char *path)
{
    held_close(p->fd);
    p->fd = p->in < 0
                ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
                : openat(p->in, p->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return p->fd < 0 || path_of(p->fd, p->path) || mounted_id(p->fd, "", &p->below) ? -1
                                                                                    : 0;
}

/* Has the duct ended whose mount that is? The kernel is asked only when its process is
   gone, for a duct that is stopped does not answer. */
static int is_dead(int fd, const char *source)
{
    char path[40], name[16] = "";
    struct statfs s;
    const char *pid = strrchr(source, '-');
    FILE *f;
    snprintf(path, sizeof path, "/proc/%lu/comm", pid ? strtoul(pid + 1, 0, 10) : 0);
    f = fopen(path, "re");
    if (f) {
        if (!fgets(name, sizeof name, f))
            *name = 0;
        fclose(f);
    }
    return strcmp(name, "vlab-duct\n") && fstatfs(fd, &s) < 0 && errno == ENOTCONN;
}

/* Hold what is there when all that dead ducts have left is gone. */
static int settle(struct place *p, const char *path)
{
    char source[MOUNTED_SOURCE];
    int is;
    for (int i = 0; i < TRIES; i++) {
        if (hold(p, path) < 0)
            return -1;
        is = mounted_source(p->below, p->path, source);
        if (is <= 0)
            return is;
        if (!is_dead(p->fd, source))
            break;
        mounted_clear(source);
    }
    errno = EBUSY;
    return -1;
}

static int may_write(const struct place *p)
{
    char proc[HELD_PROC];
    held_proc(proc, p->fd);
    return !geteuid() || !access(proc, W_OK);
}

/* With a name. */
static int make(struct place *p, const char *path, const char *name)
{
    struct ninep_text text = ninep_text(name);
    size_t n;
    if (ninep_name(p->name, &text) < 0) {
        errno = EINVAL;
        return -1;
    }
    p->in = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (p->in < 0 || path_of(p->in, p->path))
        return -1;
    n = strlen(p->path);
    snprintf(p->path + n, sizeof p->path - n, "/%s", name);
    p->made = mkdirat(p->in, name, 0755) == 0;
    return p->made || errno == EEXIST ? 0 : -1;
}

int place_open(struct place *p, const char *path, const char *name)
{
    memset(p, 0, sizeof *p);
    p->in = p->fd = -1;
    snprintf(p->path, sizeof p->path, "%s", path);
    if ((name && make(p, path, name) < 0) || settle(p, path) < 0) {
        int e = errno;
        place_close(p);
        errno = e;
        return -1;
    }
    if (may_write(p))
        return 0;
    place_close(p);
    errno = EACCES;
    return -1;
}

int place_stays(const struct place *p)
{
    char path[PATH_MAX];
    return path_of(p->fd, path) == 0 && !strcmp(path, p->path);
}

int place_hides(const struct place *p)
{
    int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), hides = 0;
    DIR *dir = fd < 0 ? 0 : fdopendir(fd);
    struct dirent *e;
    if (!dir) {
        held_close(fd);
        return 0;
    }
    while (!hides && (e = readdir(dir)))
        hides = strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    closedir(dir);
    return hides;
}

int place_close(struct place *p)
{
    held_close(p->fd);
    p->fd = -1;
    if (p->made && unlinkat(p->in, p->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return -1;
    p->made = 0;
    held_close(p->in);
    p->in = -1;
    return 0;
}

/* cdb removes and creates its output by name, and may outlive us: killed, we leave one
   that may be about to do so while our successor's is at work. So each gets an empty
   directory, config.cdb.tmp, and works inside it by descriptor. The successor removes
   that, and then there is nowhere left for the old one to create anything. */
#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"
#include "roll.h"

#define DATABASE "config.cdb"
#define WORK     DATABASE ".tmp"

enum {
    PIPE = 1 << 20, /* bytes cdb may be behind */
    TRIES = 100     /* to empty the directory it works in */
};

extern char **environ;

/* Returns a descriptor of the new empty directory. */
static int fresh_directory(const char **what)
{
    char path[PATH_MAX], file[PATH_MAX];
    int tries = 0;

    *what = publish_doing("make", WORK, 0);
    if (roll_path(path, sizeof path, WORK, 0) < 0 ||
        roll_path(file, sizeof file, WORK, DATABASE) < 0)
        return -1;
    /* An orphaned cdb may be making its file just now; what else is in the way is not
     * ours. */
    while (rmdir(path) < 0 && errno != ENOENT)
        if ((errno != ENOTEMPTY && errno != EEXIST) || ++tries > TRIES ||
            (unlink(file) < 0 && errno != ENOENT))
            return -1;
    return mkdir(path, 0700) < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Start cdb in the directory, its input is in. Returns its pid, or -1. */
static pid_t start_cdb(int dir, int in)
{
    char *argv[] = {"cdb", "-c", "-t", "-", "-p", "0644", DATABASE, 0};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t pipe;
    pid_t pid;
    int e;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    e = posix_spawn_file_actions_init(&files);
    if (e) {
        errno = e;
        return -1;
    }
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    e = posix_spawn_file_actions_adddup2(&files, in, 0);
    if (!e)
        e = posix_spawn_file_actions_addfchdir_np(&files, dir);
    if (!e)
        e = posix_spawnp(&pid, argv[0], &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    errno = e;
    return e ? -1 : pid;
}

/* Returns 0 when all of it was written. Closes fd. */
static int feed(const struct parse *p, const struct accounts *a, int fd)
{
    static char buffer[65536];
    FILE *out = fdopen(fd, "w");
    int result;

    if (!out) {
        close(fd);
        return -1;
    }
    setvbuf(out, buffer, _IOFBF, sizeof buffer);
    result = records_write(p, a, out);
    return fclose(out) == 0 ? result : -1;
}

/* The rolls are made while cdb is busy. */
static int make_database(const struct parse *p, const struct accounts *a, int dir,
                         publish_made *made, const char **what)
{
    const char *rolls_what = 0;
    int ends[2], status, fed, rolls, rolls_errno;
    pid_t pid;

    *what = "make a pipe";
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE); /* if it can be had */
    *what = "run cdb (of the package tinycdb)";
    pid = start_cdb(dir, ends[0]);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return -1;
    }
    fed = feed(p, a, ends[1]);
    rolls = publish_rolls(p, made, &rolls_what);
    rolls_errno = errno;
    *what = "wait for cdb";
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (rolls < 0) {
        *what = rolls_what;
        errno = rolls_errno;
        return -1;
    }
    if (fed == 0 && status == 0)
        return 0;
    *what = publish_doing("have cdb write", WORK, DATABASE);
    errno = EIO;
    return -1;
}

/* Sync a file or directory. */
static int sync_at(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), result, saved;

    if (fd < 0)
        return -1;
    result = fsync(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

static int move(int dir, const char **what)
{
    char path[PATH_MAX], work[PATH_MAX];

    *what = publish_doing("sync", WORK, DATABASE);
    if (sync_at(dir, DATABASE) < 0)
        return -1;
    *what = publish_doing("make", DATABASE, 0);
    if (roll_path(path, sizeof path, DATABASE, 0) < 0 ||
        roll_path(work, sizeof work, WORK, 0) < 0 ||
        renameat(dir, DATABASE, AT_FDCWD, path) < 0)
        return -1;
    *what = "sync the state directory";
    if (rmdir(work) < 0)
        return -1;
    return sync_at(AT_FDCWD, roll_state());
}

int publish(const struct parse *p, const struct accounts *a, publish_made *made,
            const char **what)
{
    int dir = fresh_directory(what), result, saved;

    if (dir < 0)
        return -1;
    result = make_database(p, a, dir, made, what);
    if (result == 0)
        result = move(dir, what);
    saved = errno;
    close(dir);
    errno = saved;
    return result;
}

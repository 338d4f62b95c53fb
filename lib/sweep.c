/* A file system whose server was killed is still mounted, and each look at it an error.
   Mounts are looked up by name: to touch one, or only to ask what it is, may wait for its
   server. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"

enum { TRIES = 8, PATH = 4096 };

/* Where the source is mounted. Returns 1, or 0: nowhere. */
static int find(const char *source, char *path)
{
    struct mntent *m;
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    *path = 0;
    while (mounts && (m = getmntent(mounts)))
        if (!strcmp(m->mnt_fsname, source) && !strcmp(m->mnt_type, "fuse.vlab-duct"))
            snprintf(path, PATH, "%s", m->mnt_dir);
    if (mounts)
        endmntent(mounts);
    return *path != 0;
}

/* Who is not root needs help. */
static void take_away(char *path)
{
    char program[] = "fusermount3", how[] = "-uzq", end[] = "--";
    char *const argv[] = {program, how, end, path, 0};
    pid_t pid;
    if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
        return;
    if (posix_spawnp(&pid, program, 0, 0, argv, environ) == 0)
        while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
            ;
}

/* In the process: until the end of who forked it. */
static void __attribute__((noreturn)) sweep(int fd, const char *source, const char *made)
{
    char path[PATH], all_done;
    ssize_t n;
    if (apart_stand("vlab-sweep", fd, -1) < 0 || chdir("/") < 0)
        _exit(111);
    do
        n = read(fd, &all_done, 1);
    while (n < 0 && errno == EINTR);
    if (n)
        _exit(0);
    for (int i = 0; i < TRIES && find(source, path); i++)
        take_away(path);
    if (made)
        rmdir(made);
    _exit(0);
}

int sweep_start(struct sweep *s, const char *source, const char *made)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    s->pid = fork();
    if (!s->pid)
        sweep(ends[0], source, made);
    close(ends[0]);
    s->fd = ends[1];
    if (s->pid > 0)
        return 0;
    close(ends[1]);
    s->fd = -1;
    return -1;
}

void sweep_end(struct sweep *s)
{
    if (s->fd < 0)
        return;
    /* If that fails it has gone already. */
    while (write(s->fd, "", 1) < 0 && errno == EINTR)
        ;
    close(s->fd);
    s->fd = -1;
    while (waitpid(s->pid, 0, 0) < 0 && errno == EINTR)
        ;
}

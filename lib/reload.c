#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int beside_us(char *path, size_t size, const char *program)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    char *slash;

    if (n < 0)
        return -1;
    path[n] = 0;
    slash = strrchr(path, '/');
    if (!slash || (size_t)(slash + 1 - path) + strlen(program) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(slash + 1, program);
    return 0;
}

/* Both outputs go to the descriptor out; signals are as a new program expects them. */
static int spawn(char *path, int out, pid_t *pid)
{
    char *argv[] = {path, 0};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int e;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&files))
        return -1;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (!e)
        e = posix_spawn_file_actions_adddup2(&files, out, 1);
    if (!e)
        e = posix_spawn_file_actions_adddup2(&files, out, 2);
    if (!e)
        e = posix_spawn(pid, path, &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    errno = e;
    return e ? -1 : 0;
}

/* Everything is read, so that the program never waits for us; the first line is kept. */
static void read_first_line(int fd, char *text, size_t size)
{
    char bytes[512];
    size_t kept = 0, i;
    int done = 0;
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR))
        for (i = 0; n > 0 && i < (size_t)n; ++i) {
            done |= bytes[i] == '\n';
            if (!done && kept + 1 < size)
                text[kept++] = bytes[i];
        }
    text[kept] = 0;
}

int reload_run(char *text, size_t size)
{
    char path[PATH_MAX];
    int ends[2], status;
    pid_t pid;

    if (beside_us(path, sizeof path, "vlab-compile-config") || pipe2(ends, O_CLOEXEC))
        return -1;
    status = spawn(path, ends[1], &pid);
    close(ends[1]);
    if (status == 0)
        read_first_line(ends[0], text, size);
    close(ends[0]);
    if (status)
        return -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

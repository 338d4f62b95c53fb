#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
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

/* Signals are as a new program expects them. */
static int spawn(char *path, int out, int errors, pid_t *pid)
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
        e = posix_spawn_file_actions_adddup2(&files, errors, 2);
    if (!e)
        e = posix_spawn(pid, path, &files, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    errno = e;
    return e ? -1 : 0;
}

/* The first line in a file that is no warning. */
static void first_line(int fd, char *text, size_t size)
{
    char bytes[4096], *line, *next;
    ssize_t n = pread(fd, bytes, sizeof bytes - 1, 0);

    bytes[n < 0 ? 0 : n] = 0;
    line = strtok_r(bytes, "\n", &next);
    while (line && strstr(line, ": warning: "))
        line = strtok_r(0, "\n", &next);
    snprintf(text, size, "%s", line ? line : "vlab-compile-config said nothing");
}

static int run(char *path, int out, int errors)
{
    int status;
    pid_t pid;

    if (spawn(path, out, errors, &pid))
        return -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What it prints goes to memory: so it never waits for us, nor we for what it may leave
   behind. */
int reload_run(char *text, size_t size)
{
    char path[PATH_MAX];
    int out = memfd_create("out", MFD_CLOEXEC);
    int errors = memfd_create("errors", MFD_CLOEXEC);
    int code = -1;

    signal(SIGCHLD, SIG_DFL); /* ignored, it would leave nobody to wait for */
    if (out >= 0 && errors >= 0 && !beside_us(path, sizeof path, "vlab-compile-config"))
        code = run(path, out, errors);
    if (code >= 0)
        first_line(code == 0 ? out : errors, text, size);
    else
        snprintf(text, size, "unable to run vlab-compile-config: %s", strerror(errno));
    if (out >= 0)
        close(out);
    if (errors >= 0)
        close(errors);
    return code;
}

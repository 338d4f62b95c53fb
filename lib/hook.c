#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "keeper.h"
#include "owner.h"
#include "say.h"

enum { WORDS = 8, GRACE = 5000 /* milliseconds between SIGTERM and SIGKILL */ };

static int path_of(char *out, const char *name)
{
    const char *hooks = getenv("VLAB_HOOKS");
    int n = snprintf(out, PATH_MAX, "%s/%s", hooks && *hooks ? hooks : "/etc/vlab/hooks",
                     name);

    if (n < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static void __attribute__((noreturn))
keep(const char **argv, pid_t parent, const sigset_t *mask)
{
    char *copy[WORDS + 2];
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    memcpy(copy, argv, sizeof copy);
    if (null < 0 || dup2(null, 0) < 0 || (geteuid() == 0 && owner_files_leave()) ||
        keeper_run(copy, parent, mask))
        say_warn_errno("unable to run %s", argv[0]);
    _exit(KEEPER_CANNOT);
}

/* Its pid, with all signals blocked for the keeper, who lets the hook have mask. */
static pid_t start(const char **argv)
{
    pid_t parent = getpid(), keeper;
    sigset_t all, mask, none;
    int saved;

    sigfillset(&all);
    sigemptyset(&none);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &all, &mask))
        return -1;
    keeper = fork();
    if (!keeper) {
        signal(SIGPIPE, SIG_DFL);
        keep(argv, parent, &none);
    }
    saved = errno;
    sigprocmask(SIG_SETMASK, &mask, 0);
    errno = saved;
    return keeper;
}

static void watch(pid_t keeper, int pidfd, int interrupt)
{
    struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN},
                          {.fd = interrupt, .events = POLLIN}};
    long long until = -1;

    for (;;) {
        int n = poll(p, 2, dial_left(until));

        if (n > 0 && p[0].revents)
            return;
        if (n == 0 || (n < 0 && errno != EINTR)) {
            keeper_tell(keeper, SIGKILL);
            return;
        }
        if (n > 0 && p[1].revents) {
            p[1].fd = -1;
            until = dial_now() + GRACE;
            keeper_tell(keeper, SIGTERM | KEEPER_LAST);
        }
    }
}

int hook_run(const char *name, const char *const *words, int interrupt)
{
    const char *argv[WORDS + 2] = {0};
    char path[PATH_MAX];
    int pidfd, status;
    pid_t keeper;

    if (path_of(path, name))
        return -1;
    if (access(path, X_OK))
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
    argv[0] = path;
    for (size_t i = 0; i < WORDS && words[i]; ++i)
        argv[i + 1] = words[i];
    keeper = start(argv);
    if (keeper < 0)
        return -1;
    pidfd = (int)syscall(SYS_pidfd_open, keeper, 0);
    if (pidfd < 0)
        keeper_tell(keeper, SIGKILL);
    else {
        watch(keeper, pidfd, interrupt);
        close(pidfd);
    }
    while (waitpid(keeper, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return keeper_code(status);
}

/* The guard, and the command it starts. It answers to the runner alone. When the runner
   is gone it kills the tree; the slot is in use until it has done so. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"
#include "owner.h"
#include "runner.h"
#include "tree.h"

/* Descriptors 0, 1 and 2 are the streams, above them is only the result, which exec(2)
   closes. */
static int arrange(const struct run_order *o, int result)
{
    int stream[3], i;

    for (i = 0; i < 3; ++i) {
        int fd = o->stream[i];

        if (fd < 0)
            fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        /* None may be in the place of another. */
        stream[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (stream[i] < 0)
            return -1;
    }
    for (i = 0; i < 3; ++i)
        if (dup2(stream[i], i) < 0)
            return -1;
    return descriptor_close(&result, 1);
}

/* By system calls alone: a library that asks for a user's groups may leave files open. */
static int become(const struct run_as *as)
{
    if (owner_files_leave())
        return -1;
    if (!as)
        return 0;
    return setgroups(as->groups, as->group) || setresgid(as->gid, as->gid, as->gid) ||
           setresuid(as->uid, as->uid, as->uid);
}

/* In the child that becomes the command. Before the last lines it is not another user's,
   and has nothing of ours left when it is. The kernel tells it of the guard's death only
   from then on: who died before is not our parent any more. */
static void __attribute__((noreturn))
command(const struct run_order *o, pid_t parent, int result)
{
    sigset_t none;

    sigemptyset(&none);
    runner_signals();
    umask(022);
    if (setsid() < 0 || arrange(o, result) || become(o->as) || chdir(o->directory) ||
        prctl(PR_SET_PDEATHSIG, SIGKILL)) {
        runner_say(result, RUN_FAILED, errno);
        _exit(127);
    }
    if (getppid() != parent)
        _exit(127);
    memcpy(&environ, &o->environment, sizeof environ);
    if (sigprocmask(SIG_SETMASK, &none, 0) == 0)
        execvp(o->argv[0], o->argv);
    runner_say(result, RUN_FAILED, errno);
    _exit(127);
}

/* Before it has a process group of its own, signals wait at the command itself. */
static void pass_on(pid_t pid, int sig)
{
    if (kill(-pid, sig) && errno == ESRCH)
        kill(pid, sig);
}

/* Returns whether the command has ended, with its status. Orphans of the tree end here as
 * well. */
static int ended(pid_t pid, int *status)
{
    pid_t k;
    int s;

    while ((k = waitpid(-1, &s, WNOHANG)) > 0)
        if (k == pid) {
            *status = s;
            return 1;
        }
    return 0;
}

static void watch_over(pid_t pid, pid_t parent, int *status)
{
    sigset_t heard;
    siginfo_t s;
    int what;

    runner_ears(&heard);
    sigaddset(&heard, SIGCHLD);
    for (;;) {
        if (getppid() != parent) {
            tree_end(pid, status);
            return;
        }
        if (ended(pid, status)) {
            tree_end(0, 0);
            return;
        }
        if (sigwaitinfo(&heard, &s) < 0 || s.si_pid != parent)
            continue;
        what = runner_heard(&s);
        if (!what)
            continue;
        if ((what & 0xff) == SIGKILL) {
            tree_end(pid, status);
            return;
        }
        pass_on(pid, what & 0xff);
        if (what & RUNNER_END)
            pass_on(pid, SIGCONT);
    }
}

void guard(const struct run_order *o, struct slot *slot, pid_t parent, int result)
{
    pid_t self = getpid(), pid = -1;
    int status = SIGKILL;

    /* The runner's death is told like that of a child: somebody look. */
    if (prctl(PR_SET_NAME, "vlab-guard") == 0 && setsid() >= 0 && tree_own() == 0 &&
        prctl(PR_SET_PDEATHSIG, SIGCHLD) == 0) {
        if (getppid() != parent)
            _exit(0);
        slot_settle(slot);
        pid = fork();
    }
    if (pid == 0)
        command(o, self, result);
    if (pid < 0)
        runner_say(result, RUN_FAILED, errno);
    else {
        runner_drop(o);
        watch_over(pid, parent, &status);
        runner_say(result, RUN_ENDED, status);
    }
    _exit(0);
}

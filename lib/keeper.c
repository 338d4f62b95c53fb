#include "keeper.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"

/* What keeper_tell says comes with a signal that queues: none is lost or merged. */
#define TOLD SIGRTMIN

static pid_t parent, command;
static int last;

int keeper_code(int status)
{
    return WIFSIGNALED(status) ? KEEPER_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int keeper_tell(pid_t keeper, int what)
{
    int r = sigqueue(keeper, TOLD, (union sigval){.sival_int = what});
    if (what & KEEPER_LAST)
        kill(keeper, SIGCONT);
    return r;
}

/* In the child of vfork(2): what is written here, the parent finds. */
static int become(char *const *argv, pid_t keeper, const sigset_t *mask)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return errno;
    /* Before this line the parent's death would not have been told. */
    if (getppid() != keeper)
        return ECHILD;
    if (sigprocmask(SIG_SETMASK, mask, 0) < 0)
        return errno;
    execvp(argv[0], argv);
    return errno;
}

static int start(char *const *argv, const sigset_t *mask)
{
    volatile int failed = 0;
    pid_t keeper = getpid(), pid;
    /* Half the price of fork(2), and we hear about a failed exec. */
    pid = vfork();
    if (!pid) {
        failed = become(argv, keeper, mask);
        _exit(KEEPER_MISSING);
    }
    if (pid < 0)
        return -1;
    command = pid;
    if (!failed)
        return 0;
    while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
        ;
    errno = failed;
    return 1;
}

static void __attribute__((noreturn)) leave(int tree, int status)
{
    if (tree)
        tree_end(command, 0);
    _exit(keeper_code(status));
}

/* Adopted orphans end here as well. */
static void reap(void)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != command)
            continue;
        command = 0;
        leave(last || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL), status);
    }
}

/* When the terminal is gone the kernel tells the session's leader alone, so SIGHUP is
   never taken for one that the command got as well. */
static void obey(int what)
{
    int sig = what & 0xff;
    if (sig == SIGKILL)
        leave(1, SIGKILL);
    if (what & KEEPER_TERMINAL && sig != SIGHUP && getpgid(command) == getpgid(parent))
        return;
    kill(command, sig);
    if (what & KEEPER_LAST) {
        last = 1;
        kill(command, SIGCONT);
    }
}

int keeper_run(char *const *argv, pid_t father, const sigset_t *mask)
{
    siginfo_t s;
    sigset_t heard;
    int r;
    parent = father;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, TOLD);
    /* The death of our parent is told like that of a child: somebody look. */
    if (tree_own() < 0 || prctl(PR_SET_PDEATHSIG, SIGCHLD) < 0 ||
        prctl(PR_SET_NAME, "vlab-keeper") < 0)
        return -1;
    if (getppid() != parent)
        _exit(KEEPER_MISSING);
    r = start(argv, mask);
    if (r)
        return r;
    /* Not earlier: the command belongs to the session and group of our parent. */
    setsid();
    for (;;) {
        if (getppid() != parent)
            leave(1, SIGKILL);
        reap();
        if (sigwaitinfo(&heard, &s) == TOLD && s.si_code == SI_QUEUE &&
            s.si_pid == parent)
            obey(s.si_value.sival_int);
    }
}

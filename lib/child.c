#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a process gets for its own faults and limits is not for its child. */
static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGTRAP,
                          SIGSYS,  SIGABRT, SIGXCPU, SIGXFSZ};

static void get_ready(sigset_t *all)
{
    sigfillset(all);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(all, own[i]);
}

/* In the child of vfork(2): what is written here, the parent finds. */
static int become(char *const *argv, pid_t parent, const sigset_t *mask)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return errno;
    /* Before this line the parent's death would not have been told. */
    if (getppid() != parent)
        return ECHILD;
    if (sigprocmask(SIG_SETMASK, mask, 0) < 0)
        return errno;
    execvp(argv[0], argv);
    return errno;
}

int child_start(struct child *c, char *const *argv)
{
    volatile int failed = 0;
    pid_t parent = getpid(), pid;
    sigset_t all, mask;
    int e;
    get_ready(&all);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &all, &mask) < 0)
        return -1;
    c->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (c->signals < 0)
        return -1;
    /* Half the price of fork(2), and we hear about a failed exec. */
    pid = vfork();
    if (!pid) {
        failed = become(argv, parent, &mask);
        _exit(CHILD_MISSING);
    }
    c->pid = pid;
    if (pid > 0 && !failed)
        return 0;
    e = pid < 0 ? errno : failed;
    if (pid > 0)
        while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
            ;
    close(c->signals);
    errno = e;
    return pid < 0 ? -1 : 1;
}

int child_signal(const struct child *c, int sig)
{
    return kill(c->pid, sig);
}

/* Did the kernel send this signal for the terminal, to the command as well? When the
   terminal is gone the kernel tells the session's leader alone, so SIGHUP is never taken
   for such a one. */
static int has_it(const struct child *c, const struct signalfd_siginfo *s)
{
    return s->ssi_code == SI_KERNEL && s->ssi_signo != SIGHUP &&
           getpgid(c->pid) == getpgrp();
}

/* Let the signal do to us what it would have done. The kernel knows better whether a
   process may stop: in a process group that nobody could continue it may not. */
static void stop(int sig)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, sig);
    kill(getpid(), sig);
    sigprocmask(SIG_UNBLOCK, &one, 0);
    sigprocmask(SIG_BLOCK, &one, 0);
}

static void pass_on(const struct child *c, const struct signalfd_siginfo *s)
{
    int sig = s->ssi_signo;
    /* Our own writes raise SIGPIPE. */
    if (sig == SIGCHLD || sig == SIGPIPE)
        return;
    if (!has_it(c, s))
        child_signal(c, sig);
    if (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)
        stop(sig);
}

int child_attend(struct child *c, int *code)
{
    struct signalfd_siginfo s;
    ssize_t n;
    pid_t pid;
    int status;
    while ((n = read(c->signals, &s, sizeof s)) == sizeof s)
        pass_on(c, &s);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return -1;
    pid = waitpid(c->pid, &status, WNOHANG);
    if (pid <= 0)
        return pid;
    *code = WIFSIGNALED(status) ? CHILD_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    return 1;
}

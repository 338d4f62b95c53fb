#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"

/* What a process gets for its own faults and limits is not for its child. */
static const int own[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGTRAP,
                          SIGSYS,  SIGABRT, SIGXCPU, SIGXFSZ};

static void get_ready(sigset_t *all)
{
    sigfillset(all);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        sigdelset(all, own[i]);
}

int child_start(struct child *c, char *const *argv)
{
    pid_t parent = getpid();
    sigset_t all, mask;
    get_ready(&all);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &all, &mask) < 0)
        return -1;
    c->keeper = fork();
    if (!c->keeper)
        return keeper_run(argv, parent, &mask);
    if (c->keeper < 0)
        return -1;
    c->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    return c->signals < 0 ? -1 : 0;
}

int child_end(const struct child *c, int sig)
{
    return keeper_tell(c->keeper, sig | KEEPER_LAST);
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
    keeper_tell(c->keeper, s->ssi_code == SI_KERNEL ? sig | KEEPER_TERMINAL : sig);
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
    pid = waitpid(c->keeper, &status, WNOHANG);
    if (pid <= 0)
        return pid;
    *code = keeper_code(status);
    return 1;
}

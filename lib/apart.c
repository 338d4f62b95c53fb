#include "apart.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"
#include "say.h"

int apart_fork(void)
{
    int status;
    pid_t pid = fork();
    if (!pid) {
        pid = fork();
        if (!pid)
            return 0;
        _exit(pid < 0 ? errno : 0);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (pid < 0 || (WIFEXITED(status) && !WEXITSTATUS(status)))
        return pid < 0 ? -1 : 1;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
    return -1;
}

int apart_stand(const char *name, int a, int b)
{
    static const int deaf[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    const int but[] = {a, b};
    sigset_t mask;
    int sig;
    size_t i;

    sigemptyset(&mask);
    for (i = 0; i < sizeof deaf / sizeof *deaf; ++i)
        sigaddset(&mask, deaf[i]);
    /* The defaults first: no handler of our parent's may run here. */
    for (sig = 1; sig < NSIG; ++sig)
        signal(sig, SIG_DFL);
    say_forked();
    if (setsid() < 0 || sigprocmask(SIG_SETMASK, &mask, 0) || prctl(PR_SET_NAME, name) ||
        descriptor_close(but, 2))
        return -1;
    return descriptor_null(0) || descriptor_null(1) ? -1 : 0;
}

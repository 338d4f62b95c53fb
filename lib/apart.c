#include "apart.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "descriptor.h"
#include "say.h"

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

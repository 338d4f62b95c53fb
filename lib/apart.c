#include "apart.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "say.h"

/* Close what is above 2, but a and b. */
static int close_others(int a, int b)
{
    int low = a < b ? a : b, high = a < b ? b : a, from = 3;

    if (low > from && close_range((unsigned)from, (unsigned)low - 1, 0))
        return -1;
    if (low >= from)
        from = low + 1;
    if (high > from && close_range((unsigned)from, (unsigned)high - 1, 0))
        return -1;
    if (high >= from)
        from = high + 1;
    return close_range((unsigned)from, ~0u, 0);
}

int apart_stand(const char *name, int a, int b)
{
    static const int deaf[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    sigset_t mask;
    int null, sig;
    size_t i;

    sigemptyset(&mask);
    for (i = 0; i < sizeof deaf / sizeof *deaf; ++i)
        sigaddset(&mask, deaf[i]);
    /* The defaults first: no handler of our parent's may run here. */
    for (sig = 1; sig < NSIG; ++sig)
        signal(sig, SIG_DFL);
    sigprocmask(SIG_SETMASK, &mask, 0);
    say_forked();
    setsid();
    if (prctl(PR_SET_NAME, name) || close_others(a, b))
        return -1;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        return -1;
    return close(null);
}

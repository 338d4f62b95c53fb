#include "apart.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "say.h"

int apart_close(const int *but, size_t n)
{
    int next, from = 3;
    size_t i;

    do {
        for (next = -1, i = 0; i < n; ++i)
            if (but[i] >= from && (next < 0 || but[i] < next))
                next = but[i];
        if (next != from && close_range((unsigned)from, next < 0 ? ~0u : next - 1u, 0))
            return -1;
        from = next + 1;
    } while (next >= 0);
    return 0;
}

int apart_stand(const char *name, int a, int b)
{
    static const int deaf[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    const int but[] = {a, b};
    sigset_t mask;
    int null, sig;
    size_t i;

    sigemptyset(&mask);
    for (i = 0; i < sizeof deaf / sizeof *deaf; ++i)
        sigaddset(&mask, deaf[i]);
    /* The defaults first: no handler of our parent's may run here. */
    for (sig = 1; sig < NSIG; ++sig)
        signal(sig, SIG_DFL);
    say_forked();
    if (setsid() < 0 || sigprocmask(SIG_SETMASK, &mask, 0) || prctl(PR_SET_NAME, name) ||
        apart_close(but, 2))
        return -1;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        return -1;
    return close(null);
}

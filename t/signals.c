/* Print each signal that comes and who sent it, `NAME kernel` or `NAME PID`, until
   SIGTERM. The first line is `ready`. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    siginfo_t s = {0};
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGTSTP);
    if (sigprocmask(SIG_SETMASK, &all, 0) < 0)
        return 111;
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("ready");
    while (s.si_signo != SIGTERM) {
        if (sigwaitinfo(&all, &s) < 0)
            continue;
        if (s.si_code == SI_KERNEL)
            printf("%s kernel\n", sigabbrev_np(s.si_signo));
        else
            printf("%s %ld\n", sigabbrev_np(s.si_signo), (long)s.si_pid);
    }
    return 0;
}

/* flee: processes that run away, for the tests.

       flee CHAINS [SECONDS]   each of the chains is a process in a session of its own
   that forks and exits, again and again: no pid of it lives longer than that takes; when
   nobody catches it in 20 s it gives up. The parent sleeps, or ends after SECONDS. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"

static void run_away(void)
{
    long long end = dial_now() + 20000;

    setsid();
    while (dial_now() < end)
        if (fork() > 0)
            _exit(0);
}

int main(int argc, char **argv)
{
    int n;

    say_name("flee", "flee CHAINS [SECONDS]");
    if (argc < 2 || argc > 3)
        say_usage();
    for (n = atoi(argv[1]); n > 0; --n)
        if (fork() == 0) {
            run_away();
            _exit(0);
        }
    puts("running");
    fflush(stdout);
    if (argc == 3)
        sleep((unsigned)atoi(argv[2]));
    else
        pause();
    return SAY_DONE;
}

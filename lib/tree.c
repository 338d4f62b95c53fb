#include "tree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

int tree_own(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Only we wait for our children, so these are no other's pids. */
static void kill_children(pid_t first)
{
    FILE *list = fopen("/proc/thread-self/children", "re");
    long pid;

    if (!list) {
        if (first)
            kill(first, SIGKILL);
        return;
    }
    while (fscanf(list, "%ld", &pid) == 1)
        kill((pid_t)pid, SIGKILL);
    fclose(list);
}

/* Each death may give us new children, at the latest when we hear of it. Those of a child
   that we may not kill (it is set-user-ID) come unannounced: therefore the tick. */
void tree_end(pid_t first, int *status)
{
    static const struct timespec tick = {0, 100000000};
    sigset_t death;
    pid_t pid;
    int s, dead;

    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    for (;;) {
        kill_children(first);
        dead = 0;
        while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
            dead = 1;
            if (pid != first)
                continue;
            first = 0;
            if (status)
                *status = s;
        }
        if (pid < 0 && errno == ECHILD)
            return;
        if (!dead)
            sigtimedwait(&death, 0, &tick);
    }
}

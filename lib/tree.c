#include "tree.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum {
    ROUND = 1024, /* children killed, or heard of, before we look again */
    MANY = 256    /* dead that only a tree that forks meanwhile has */
};

int tree_own(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Only we wait for our children, so these are no other's pids. The list may grow faster
   than it is read. */
static void kill_children(pid_t first)
{
    FILE *list = fopen("/proc/thread-self/children", "re");
    long pid;
    int n = 0;

    if (!list) {
        if (first)
            kill(first, SIGKILL);
        return;
    }
    while (n++ < ROUND && fscanf(list, "%ld", &pid) == 1)
        kill((pid_t)pid, SIGKILL);
    fclose(list);
}

/* Of many that fork and exit as fast as they can, each gets as much of the processors as
   we do, and most are gone before we have read who they were. Root may do better: then
   they run only where we do not. */
static void hurry(int on)
{
    struct sched_param p = {.sched_priority = on};

    sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &p);
}

/* Each death may give us new children, at the latest when we hear of it. Those of a child
   that we may not kill (it is set-user-ID) come unannounced: therefore the tick. */
void tree_end(pid_t first, int *status)
{
    static const struct timespec tick = {0, 100000000};
    sigset_t death;
    pid_t pid = 0;
    int s, before, dead = 0, hurried = 0;

    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    for (;;) {
        kill_children(first);
        before = dead;
        while (dead < before + ROUND && (pid = waitpid(-1, &s, WNOHANG)) > 0) {
            ++dead;
            if (pid != first)
                continue;
            first = 0;
            if (status)
                *status = s;
        }
        if (pid < 0 && errno == ECHILD)
            break;
        if (dead >= MANY && !hurried)
            hurry(hurried = 1);
        if (dead == before)
            sigtimedwait(&death, 0, &tick);
    }
    if (hurried)
        hurry(0);
}

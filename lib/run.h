/* run: a command in a slot. A process of its own, the runner, stands in line and takes
   the slot; its child, the guard, starts the command in a session and process group of
   its own. What a command leaves behind is killed. Both, and our own process, own the
   tree below them, and all three hold the slot: so, whichever of them are killed, the
   slot is free when nothing of the command runs any more, and not before. Only all three
   at once must not be: then what the command has started lives on. The command is never
   the runner's own program, and may be another user: it can touch neither it nor its
   rolls. */
#ifndef RUN_H
#define RUN_H

#include <sys/types.h>

#include "order.h"
#include "slot.h"

struct run {
    pid_t runner;
    int news; /* poll it for reading, then call run_news; close-on-exec, non-blocking */
    struct slot slot; /* what we share of it */
};

/* Start a runner. It has the descriptors of its streams, keep, and nothing else of ours;
   the caller closes his own copies of them. The command has the environment and the
   directory of the order, descriptors 0, 1 and 2, umask 022, no signal blocked or
   ignored; argv[0] is found through its PATH. SIGCHLD must not be ignored, and nobody
   else may wait for the runner. We become a subreaper: a process has one run at a time,
   and no other children meanwhile. Returns 0, or -1 and errno. */
int run_start(struct run *r, const struct run_order *order);

/* The next thing that has happened. Never waits, but, at RUN_GONE, for the end of what
   the runner could not kill any more, which it does in its place. After RUN_FULL,
   RUN_ENDED, RUN_FAILED and RUN_GONE the run is over: news is closed (-1), and the runner
   is waited for (perhaps by a later call of run_start or run_news). Who is not interested
   any more may exit. */
enum run_event run_news(struct run *r, int *value);

/* Send a signal to the whole process group of the command; one that still waits for a
   slot is over with any signal that ends a process by default: RUN_ENDED by that signal.
   Does nothing when the run is over. */
void run_signal(struct run *r, int sig);

/* Have it end: SIGTERM to the group, SIGKILL to the tree after RUN_GRACE seconds. Does
   not wait: RUN_ENDED will come. */
void run_end(struct run *r);

#endif

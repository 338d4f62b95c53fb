/* run: a command in a slot. A process of its own, the runner, stands in line, holds the
   slot, starts the command in a session and process group of its own, and ends when all
   that the command has started is gone: what a command leaves behind is killed. So a slot
   is free only when nothing of it runs any more, whoever is killed and how: the runner
   kills the tree when its parent dies, the kernel kills the command when the runner dies,
   and its parent (a subreaper too) what was below it. The runner is never the caller of
   the command: it keeps its own uid, so the command can touch neither it nor its rolls.
 */
#ifndef RUN_H
#define RUN_H

#include <sys/types.h>

struct run_order {
    const char *slot; /* see slot.h */
    unsigned (*workers)(void *arg);
    int most; /* as slot_ask has it */
    void *arg;
    uid_t uid;        /* whose request it is, for the records */
    const char *user; /* the same, as a name */
    const char *text; /* for the record of the slot: what it is */
    char *const *argv;
    char *const *environment;
    const char *directory;
    const struct run_as *as; /* who the command is to be; 0: who we are */
    int stream[3];           /* its descriptors 0, 1, 2; -1: /dev/null */
    int keep; /* a descriptor that the runner has beside them, for begin and ended, and
                 the command has not; -1: none */
    unsigned timeout; /* seconds it may run, 0: no limit */
    int stays; /* once it has begun it is finished, even when our process is gone */
    /* Both are called in the runner (or 0). begin: the slot is ours; 0, or -1 to leave it
       again. ended: with the status of wait(2), before the slot is free. */
    int (*begin)(void *arg, unsigned slot);
    void (*ended)(void *arg, int status);
};

struct run_as {
    uid_t uid;
    gid_t gid;
    const char *name; /* for initgroups(3) */
};

struct run {
    pid_t runner;
    int news; /* poll it for reading, then call run_news; close-on-exec, non-blocking */
};

/* What has happened, and the number that comes with it. */
enum run_event {
    RUN_NOTHING,
    RUN_FULL,    /* refused: the line is full, or we would have to wait */
    RUN_QUEUED,  /* in line; how many stand before it */
    RUN_STARTED, /* it runs; the number of its slot */
    RUN_ENDED,   /* its status of wait(2); nothing of it runs any more */
    RUN_LATE,    /* it will be ended, for its time is over */
    RUN_FAILED,  /* errno: the slot was not to be had, or the command could not be run
                    (then RUN_STARTED came before) */
    RUN_GONE     /* the runner was killed; what it had started is killed, too */
};

enum { RUN_GRACE = 5 }; /* seconds between SIGTERM and SIGKILL */

/* Start a runner. It has the descriptors of its streams, keep, and nothing else of ours;
   the caller closes his own copies of them. Makes us a subreaper; SIGCHLD must not be
   ignored. Returns 0, or -1 and errno. */
int run_start(struct run *r, const struct run_order *order);

/* The next thing that has happened. Never waits. After RUN_FULL, RUN_ENDED, RUN_FAILED
   and RUN_GONE the run is over: the runner is waited for, news is closed (-1). */
enum run_event run_news(struct run *r, int *value);

/* Send a signal to the whole process group of the command; one that still waits for a
   slot is over with any signal that ends a process by default. */
void run_signal(struct run *r, int sig);

/* Have it end: SIGTERM to the group, SIGKILL to the tree after RUN_GRACE seconds. Does
   not wait: RUN_ENDED will come. */
void run_end(struct run *r);

#endif

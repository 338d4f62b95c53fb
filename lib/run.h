/* run: a command in a slot. A process of its own, the runner, stands in line and takes
   the slot; its child, the guard, starts the command in a session and process group of
   its own. What a command leaves behind is killed. Both own the tree below them, and both
   hold the slot: so, whichever of the three is killed, or our own process, the slot is
   free when nothing of the command runs any more, and not before. The command is never
   the runner's own program, and may be another user: it can touch neither it nor its
   rolls. */
#ifndef RUN_H
#define RUN_H

#include <sys/types.h>

struct run_order {
    const char *slot; /* see slot.h */
    /* Called in the runner, where no descriptor of ours is open. */
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
    unsigned timeout;        /* seconds it may run, 0: no limit */
    int stays;               /* see below */
    int keep; /* a descriptor that the runner has beside them, for begin and ended, and
                 the command has not; -1: none */
    /* Both are called in the runner (or 0), which has descriptor 2 for messages unless it
       is a socket. begin: the slot is ours; 0, or -1 to leave it again (RUN_FAILED).
       ended: with the status of wait(2), before the slot is free; that of exit code 127
       when the command could not be run. */
    int (*begin)(void *arg, unsigned slot);
    void (*ended)(void *arg, int status);
};

/* What becomes of it when our process is gone: it ends; or, once it has begun, it is
   finished; or it even waits for its turn. */
enum { RUN_ENDS, RUN_STAYS, RUN_DETACHED };

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
   the caller closes his own copies of them. The command has the environment and the
   directory of the order, descriptors 0, 1 and 2, umask 022, no signal blocked or
   ignored; argv[0] is found through its PATH. SIGCHLD must not be ignored, and nobody
   else may wait for the runner. Returns 0, or -1 and errno. */
int run_start(struct run *r, const struct run_order *order);

/* The next thing that has happened. Never waits. After RUN_FULL, RUN_ENDED, RUN_FAILED
   and RUN_GONE the run is over: news is closed (-1), and the runner is waited for
   (perhaps by a later call of run_start or run_news). Who is not interested any more may
   close news. */
enum run_event run_news(struct run *r, int *value);

/* Send a signal to the whole process group of the command; one that still waits for a
   slot is over with any signal that ends a process by default: RUN_ENDED by that signal.
   Does nothing when the run is over. */
void run_signal(struct run *r, int sig);

/* Have it end: SIGTERM to the group, SIGKILL to the tree after RUN_GRACE seconds. Does
   not wait: RUN_ENDED will come. */
void run_end(struct run *r);

#endif

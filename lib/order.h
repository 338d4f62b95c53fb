/* order: a command that is to run in a slot, and what is said of it: what run (run.h),
   the runner and the guard below it have in common. */
#ifndef ORDER_H
#define ORDER_H

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
    unsigned wait;           /* seconds it may wait for a slot, 0: no limit */
    unsigned timeout;        /* seconds it may run, 0: no limit */
    int stays;               /* see below */
    int keep; /* a descriptor that the runner has beside them, for begin and ended, and
                 the command has not; -1: none */
    /* Both are called in the runner (or 0), which has descriptor 2 for messages unless it
       is a socket. begin: the slot is ours; 0, or -1 to leave it again (RUN_FAILED).
       ended: with the status of wait(2), before the slot is free; that of the exit code
       order_unable, and error (errno, else 0), when the command could not be run. */
    int (*begin)(void *arg, unsigned slot);
    void (*ended)(void *arg, int status, int error);
};

/* What becomes of it when our process is gone: it ends; or, once it has begun, it is
   finished; or it even waits for its turn. */
enum { RUN_ENDS, RUN_STAYS, RUN_DETACHED };

struct run_as {
    uid_t uid;
    gid_t gid;
    const gid_t *group; /* all his groups, */
    size_t groups;      /* so many */
};

/* What has happened, and the number that comes with it. */
enum run_event {
    RUN_NOTHING,
    RUN_FULL,    /* refused: the line is full, or we would have to wait */
    RUN_QUEUED,  /* in line; how many stand before it */
    RUN_STARTED, /* it runs; the number of its slot */
    RUN_ENDED,   /* its status of wait(2); nothing of it runs any more */
    RUN_LATE,    /* it will be ended, for its time is over */
    RUN_FAILED,  /* errno: the slot was not to be had (ETIMEDOUT: in time), or the command
                    could not be run (then RUN_STARTED came before) */
    RUN_GONE     /* the runner was killed; what it had started is killed, too */
};

/* The exit code for a command that could not be run, for this errno: as sh(1) and env(1)
   have it, 127 when there is none, else 126. */
int order_unable(int e);

enum { RUN_GRACE = 5 }; /* seconds between SIGTERM and SIGKILL */

#endif

/* job: a process that stands by a command of a board, in the one slot `board:ADDRESS`
   (run.h). It reads what the command prints, tells how it ended before the slot is free,
   and outlives its session when the command has begun: not otherwise. */
#ifndef JOB_H
#define JOB_H

#include <sys/types.h>

#include "device.h"

struct job {
    const struct device *device;
    uid_t uid; /* who asked, and his name */
    const char *user;
    unsigned long fpga, bid; /* bid 0: it is a reset */
    const char *part;        /* of the bit file */
    int report; /* a pipe; -1: nobody wants to know. It writes the code of a refusal,
                   MESSAGE_NONE when it is queued or runs */
    int leash;  /* a pipe: its end is that of the session; -1: it has none */
};

/* In a child just forked: the job. Closes all descriptors but 2. */
void job_run(const struct job *j) __attribute__((noreturn));

/* What the text of the slot's record says: the pid of the job. 0: it says none. */
pid_t job_of(const char *text);

#endif

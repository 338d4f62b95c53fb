/* job: who stands by a command of a board, in the one slot `board:ADDRESS` (run.h): it
   reads what the command prints, and tells how it ended before the slot is free. It
   outlives its session when the command has begun, and only then: a command that has
   begun is finished. */
#ifndef JOB_H
#define JOB_H

#include <sys/types.h>

#include "device.h"
#include "message.h"
#include "store.h"

struct job {
    const struct device *device;
    const char *what;          /* for the log */
    const struct store *store; /* the bit file is lent from it; 0: a reset */
    uid_t uid;                 /* who asked, and his name */
    const char *user;
    unsigned long fpga, bid; /* 0 and 0: a reset */
    char *const *argv;
    int report; /* a pipe; -1: nobody wants to know */
    int leash;  /* a pipe, whose end is that of the session; -1: there is none */
};

/* Be the job, in a process that stands apart. It writes a code (as int) to report:
   MESSAGE_NONE when it is queued or runs, or that of a refusal. */
void job_run(const struct job *j) __attribute__((noreturn));

/* Be none: report the refusal; why (or 0) is logged as what we were unable to do, with
   errno. */
void job_refuse(const struct job *j, enum message_code code, const char *why)
    __attribute__((noreturn));

/* The job's pid from the text of its slot's record; 0: it has none. */
pid_t job_of(const char *text);

#endif

/* program: what is done to a board one at a time: it is programmed, or reset. Each is a
   command in the one slot `board:ADDRESS` (run.h). */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "device.h"
#include "message.h"
#include "store.h"
#include "visit.h"

/* Queue a request of a session. Its outcome, `programok BID` or `programfailed BID CODE`,
   is told to all sessions (visit_tell) when the command has ended, also when we are gone
   by then; what still waits goes when we go. The output of the command goes to the log,
   and its last line, if it is a code of the protocol, is the reason of a failure; timeout
   is, when it was ended because it took too long. The bit file is there for the command
   whatever becomes of it in the store. Returns MESSAGE_NONE when it is queued or runs;
   else the code of the refusal, and nothing will be told: DENIED (no such bid, or not
   ready), WRONGDRIVER (its part does not fit the FPGA), NOSUCHFPGA, PQFULL, ALLOC,
   UNKNOWN (logged). */
enum message_code program_ask(const struct device *d, const struct store *s, uid_t uid,
                              const char *user, unsigned long fpga, unsigned long bid);

/* Wipe the bit files, all but what is being programmed; that, too, when it cannot be
   known. Returns 0, or -1 and errno. */
int program_wipe(const struct device *d);

/* Run the board's reset command, if it has one, behind whatever is being done to it; it
   outlives us. Under the gate of the visit: it waits until the reset stands in line,
   before whoever asks next. Returns 0, or -1 and errno. */
int program_reset(const struct device *d);

/* What runs and waits at this board now, and the job (see store_wipe) of the bit file
   that is being programmed (0: none). Returns 0 or -1. */
int program_state(const struct device *d, unsigned *running, unsigned *waiting,
                  pid_t *job);

/* How many of our requests have not been told the outcome of? */
unsigned program_pending(void);

/* We leave: what of ours still waits is not begun any more. */
void program_drop(void);

/* When SIGCHLD came: those of our jobs that have ended are waited for; for one that was
   killed its outcome is told. */
void program_reap(void);

#endif

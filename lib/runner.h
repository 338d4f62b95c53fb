/* runner: the two processes of a run (run.h). The runner is forked from us, the guard
   from the runner, the command from the guard. They talk by struct runner_word through
   pipes, and by a signal that queues. */
#ifndef RUNNER_H
#define RUNNER_H

#include <signal.h>

#include "order.h"
#include "slot.h"

/* What run_signal sends, from process to process, as the value of this signal: its
   number, and RUNNER_END to have the command end. */
#define RUNNER_TOLD SIGRTMIN
enum { RUNNER_END = 1 << 8 };

struct runner_word {
    int event; /* enum run_event */
    int value;
};

/* Be the runner: in a child of parent just forked, with all signals blocked. news,
   non-blocking, and share, what the slot is shared by, are descriptors above 2; or share
   is negative: the errno for which there is none. */
void runner(const struct run_order *o, pid_t parent, int news, int share)
    __attribute__((noreturn));

/* Be the guard: in a child of the runner just forked, with all signals blocked; says how
   it ended to the descriptor result, unless it is killed. */
void guard(const struct run_order *o, struct slot *s, pid_t parent, int result)
    __attribute__((noreturn));

/* Write a word. Returns 0, or -1 and errno. */
int runner_say(int fd, int event, int value);

/* Send it to a runner or a guard. SIGTERM, SIGINT, SIGHUP, SIGQUIT and SIGKILL get there
   also when no more signals can be queued (RLIMIT_SIGPENDING), but SIGTERM has the
   command end then. Returns 0, or -1 and errno. */
int runner_tell(pid_t pid, int what);

/* The signals by which it comes; and what has come by one of them, 0 by another. */
void runner_ears(sigset_t *signals);
int runner_heard(const siginfo_t *s);

/* All signals by default. */
void runner_signals(void);

/* Close what is neither a stream, keep, news nor share; but descriptor 2 stays unless it
   is a socket. What would be closed of 0 to 2, and become a roll, is /dev/null. Returns
   0, or -1 and errno. */
int runner_tidy(const struct run_order *o, int news, int share);

/* Put /dev/null in the place of a stream that is one of 0 to 2, close another; not when
   the order says to keep it. */
void runner_drop(const struct run_order *o);

#endif

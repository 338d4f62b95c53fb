/* child: run a command as a child that a person or a script can treat as if it were us:
   signals reach it, its exit code is known, and it does not outlive us. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

struct child {
    pid_t keeper;
    int signals; /* poll it for reading, then call child_attend; close-on-exec */
};

/* Start argv[0], found through PATH, with our descriptors and process group and the
   signal mask we had, under a keeper: it and all it has started are killed when we die,
   and what we had open is closed only after that. From here on all signals that can be
   caught are blocked in us, and SIGCHLD is no longer ignored. A process has one child at
   a time. Returns 0, or -1 and errno; and in the keeper, when there is nothing to keep, 1
   when the command could not be run (errno from execvp(3)), or -1 and errno: to be said,
   and then _exit(2) with the code that is ours. */
int child_start(struct child *c, char *const *argv);

/* Pass on the signals that came, and see whether the command has ended. A signal of the
   terminal that the command got from the kernel, for it is in our process group, is not
   sent again. When told to stop, we stop too. Returns 1 and the exit code (128 + N after
   signal N), 0 while it runs, or -1 and errno. */
int child_attend(struct child *c, int *code);

/* Have it end, stopped or not: SIGTERM goes to the command, and what it leaves behind is
   killed when it has ended; SIGKILL to all it has started, too. Only one that
   child_attend has not seen ending. Returns 0, or -1 and errno. */
int child_end(const struct child *c, int sig);

#endif

/* child: run a command as a child that a person or a script can treat as if it were us:
   signals reach it, its exit code is known, and it does not outlive us. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

/* Exit codes of a command that was not run, as sh(1) and env(1) have them. */
enum { CHILD_CANNOT = 126, CHILD_MISSING = 127, CHILD_SIGNAL = 128 };

struct child {
    pid_t pid;
    int signals; /* poll it for reading, then call child_attend; close-on-exec */
};

/* Start argv[0], found through PATH, with our descriptors and process group and the
   signal mask we had. The kernel kills it when we die, unless it is set-user-ID or
   set-group-ID. From here on all signals that can be caught are blocked in us, and
   SIGCHLD is no longer ignored. A process has one child at a time. Returns 0, 1 when the
   command could not be run (errno from execvp(3)), or -1 and errno. */
int child_start(struct child *c, char *const *argv);

/* Pass on the signals that came, and see whether the command has ended. A signal of the
   terminal that the command got from the kernel, for it is in our process group, is not
   sent again. When told to stop, we stop too. Returns 1 and the exit code (128 + N after
   signal N), 0 while it runs, or -1 and errno. */
int child_attend(struct child *c, int *code);

/* Send it a signal. Only a command that child_attend has not seen ending. Returns 0, or
   -1 and errno. */
int child_signal(const struct child *c, int sig);

#endif

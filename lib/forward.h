/* forward: INT, TERM, HUP and QUIT, caught for a command that runs elsewhere. */
#ifndef FORWARD_H
#define FORWARD_H

#include <signal.h>

/* Catch them, but for those that are ignored: nohup(1) and a shell's jobs in the
   background want that. From now on they are blocked but where usual, the mask so far, is
   set for a while. Returns 0, or -1 and errno. */
int forward_catch(sigset_t *usual);

/* The name of one that has come, without SIG, or 0. */
const char *forward_next(void);

/* Let them do again what they do by default. Returns 0, or -1 and errno. */
int forward_release(void);

#endif

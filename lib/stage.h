/* stage: a command on a pseudo-terminal, in a process of its own, before its audience. */
#ifndef STAGE_H
#define STAGE_H

#include <sys/types.h>

struct stage {
    int listener; /* of console_take */
    unsigned long number;
    const char *text;   /* the command, as others read it */
    char *const *words; /* and as it is run, found through PATH */
    const char *pool;   /* of usher */
    const char *typed;  /* what is typed first, or 0 */
    const char *who;    /* who is attached first */
};

/* Begin: fork the process that has the pseudo-terminal, which is as large as the terminal
   tty, and set as it is, if it is one. Returns a connection to it, attached, of which the
   frames are to be read; or -1 and errno. The listener is closed here. */
int stage_begin(const struct stage *s, int tty);

#endif

/* attach: somebody at a console. On a terminal it says on descriptor 2 who else is there,
   and what was left out. */
#ifndef ATTACH_H
#define ATTACH_H

#include <stddef.h>
#include <sys/types.h>

enum { ATTACH_ESCAPE = 29 /* Ctrl-] at a terminal detaches */ };

struct attach {
    int fd;
    unsigned long number;
    uid_t owner; /* of the console; nothing is typed into another's, but root does */
    int writes;  /* take it from who writes now */
};

/* Ask to be attached to what is at the other end, and hear the answer (why: CONSOLE_LINE
   bytes). By a door it says who the owner is. Returns 1, 0: no, and why says so; or -1
   and errno. */
int attach_ask(struct attach *a, int by_door, char *why);

/* Move bytes between descriptors 0 and 1 and the console until it, or we, leave. Returns
   the exit code: of the command, 0 when we have left, -1 when the console was hung up.
   The terminal is raw meanwhile. */
int attach_run(const struct attach *a);

#endif

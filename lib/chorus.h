/* chorus: one command for many nodes, side by side, and what they print line by line,
   each behind the number of its node. Their input is empty. */
#ifndef CHORUS_H
#define CHORUS_H

#include <stddef.h>

struct chorus_voice;

struct chorus {   /* all zero at first, but for */
    char **words; /* the command, in which word at says which node */
    unsigned at;
    unsigned count;
    struct chorus_voice *voice;
};

/* Start it for a node: the word is `node:N`. Returns 0, or -1 and errno. */
int chorus_add(struct chorus *c, unsigned node);

/* Until all have ended: the highest exit code of them goes to *code. INT, TERM, HUP and
   QUIT are passed on to all; and they get TERM when this process dies. Returns 0, or -1
   and errno. */
int chorus_sing(struct chorus *c, int *code);

#endif

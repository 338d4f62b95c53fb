/* launcher: a place to run commands, as its section `[launch NAME]` has it. */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include "conf.h"

/* Limits and defaults of its numbers, for the compiler and its readers. timeout is in
   seconds, 0 is none. */
enum { LAUNCHER_WORKERS, LAUNCHER_QUEUE, LAUNCHER_TIMEOUT, LAUNCHER_NUMBERS };
extern const struct conf_setting launcher_numbers[LAUNCHER_NUMBERS];

struct launcher {
    char name[CONF_NAME];
    char command[CONF_WORD]; /* the words before the caller's, see words.h; "": none */
    char dir[CONF_WORD];     /* where it runs, "/" by default */
    unsigned long number[LAUNCHER_NUMBERS];
};

/* Read the section of a launcher. Returns 1, 0 when the config has none, or -1 with errno
   EPROTO. */
int launcher_read(struct launcher *l, struct conf *c, const char *name);

#endif

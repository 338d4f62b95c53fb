/* record: one record of a database, in the form that cdb -c reads. */
#ifndef RECORD_H
#define RECORD_H

#include <stdio.h>

#include <stralloc.h>

/* All zero but for out is an empty one. */
struct record {
    FILE *out;
    stralloc value; /* the lines so far; freed by the owner */
};

/* Add a line `WORD VALUE`. Returns 0, or -1 with errno ENOMEM. */
int record_add(struct record *r, const char *word, const char *value);

/* Write the record and begin the next one: its key is KIND:NAME, or KIND when name is "".
   Returns 0, or -1 and errno. */
int record_put(struct record *r, const char *kind, const char *name);

#endif

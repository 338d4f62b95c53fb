/* output: what a command prints: its lines go to the log, and its last one is kept. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>

#include "lines.h"

enum {
    OUTPUT_LINES = 200, /* that many of a command are logged, and its last one */
    OUTPUT_LAST = 256   /* bytes of its last line that are kept, the NUL counted */
};

struct output { /* all zero at first, but what */
    const char *what; /* the command, for the log */
    unsigned long count;
    struct lines lines;
    char last[OUTPUT_LAST];
};

/* It has printed n bytes more. A line ends as lines.h has it: who draws a bar with
   carriage returns prints many. */
void output_add(struct output *o, const char *data, size_t n);

/* That was all. */
void output_end(struct output *o);

#endif

/* output: what a command prints: its lines go to the log, and its last one is kept. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "lines.h"

enum {
    OUTPUT_LINES = 200, /* that many of a command are logged, and its last one */
    OUTPUT_LAST = 256   /* bytes of its last line that are kept, the NUL counted */
};

struct output {       /* all zero at first, but */
    const char *what; /* the command, for the log */
    int fd;           /* what it prints comes from there, non-blocking; closed (-1) and at
                         its end */
    unsigned long count;
    struct lines lines;
    char last[OUTPUT_LAST]; /* the last line that was not blank */
};

/* Read what is there now, at most some hundred kilobytes. A line ends as lines.h has it:
   who draws a bar with carriage returns prints many. */
void output_read(struct output *o);

/* That was all. */
void output_end(struct output *o);

#endif

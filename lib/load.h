/* load: what a session of a board does with bit files: loadbits, showbits and program,
   each a dialogue with its peer. Bounded: the raw bytes go into the store as they come.
 */
#ifndef LOAD_H
#define LOAD_H

#include "store.h"
#include "visit.h"

/* All zero at first, but the pointers, which the caller sets. */
struct load {
    const struct device *device;
    struct store *store; /* open */
    struct visit *visit; /* entered */
    uid_t uid;           /* whose session it is */
    const char *user;
    /* Say one line; it may be kept until we next wait. reply() of reply.h does. */
    int (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    size_t left; /* raw bytes that are still to come; 0: the session is in line mode */
    unsigned long bid;
    int after_cr; /* the LF of a CR LF is no raw byte */
};

/* `loadbits NBITS`, a line that ended with the byte end. Says loadready, then l->left
   bytes come that are not lines; or error badsize, alloc, nospace or unknown, then none
   do. */
void load_begin(struct load *l, const char *nbits, char end);

/* While l->left is not 0: bytes of the peer. Says loaded (or error nospace) when the last
   is there. Returns how many it took; the rest are lines again. */
size_t load_feed(struct load *l, const char *data, size_t n);

/* The session ends: an upload under way is incomplete. Before visit_leave. */
void load_drop(struct load *l);

/* `showbits`: a bitinfo for each buffer, and endlist. */
void load_show(struct load *l);

/* `program FPGA BID`: ok when it is queued. What is not allowed is ok as well, and then
   programfailed to all; for old clients wait for both. What has been told to all by then
   is said here, behind the ok. */
void load_program(struct load *l, const char *fpga, const char *bid);

#endif

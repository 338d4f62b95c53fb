/* load: the dialogue of bit files at a board's end: loadbits and showbits. What it says
   it says by client_say. */
#ifndef LOAD_H
#define LOAD_H

#include "store.h"
#include "visit.h"

struct load {
    struct store *store;
    struct visit *visit;
    unsigned long long left; /* bytes of the upload that are still to come; 0: none is
                                under way */
    unsigned long bid;       /* of the last one begun */
};

/* `loadbits NBITS`: begin an upload with loadready, or say why not: badsize (no whole
   number of bytes, none, or more than the board's limit), alloc, nospace. */
void load_begin(struct load *l, const char *nbits);

/* The client's next n bytes, while left is not 0. Returns how many were taken. Behind the
   last one says loaded. */
size_t load_feed(struct load *l, const char *data, size_t n);

/* The client has gone: an upload that is under way stays incomplete. */
void load_drop(struct load *l);

/* `showbits`: a bitinfo for each buffer, and endlist: at most CLIENT_REPLY bytes. */
void load_show(struct load *l);

#endif

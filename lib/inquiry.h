/* inquiry: one node asked, one step at a time: its name looked up, connected to, asked
   and heard. */
#ifndef INQUIRY_H
#define INQUIRY_H

#include <poll.h>

#include "door.h"
#include "lookup.h"

enum inquiry_result {
    INQUIRY_SILENT,  /* it did not answer, */
    INQUIRY_DIFFERS, /* or not as the node that it is to us: why says more */
    INQUIRY_SAID     /* said is true */
};

struct inquiry {
    unsigned node; /* 0: none */
    enum inquiry_result result;
    struct door_said said;
    char why[MEMBER_REASON];
    enum { INQUIRY_LOOKS, INQUIRY_CONNECTS, INQUIRY_HEARS, INQUIRY_OVER } step;
    int fd;
    long long until, deadline; /* of this step and of all, of dial_now */
    unsigned port, at, addresses;
    const char *verb;
    const struct door_said *self;
    struct lookup lookup;
    struct lookup_address address[LOOKUP_MOST];
    size_t have;
    char line[DOOR_LINE];
};

/* Begin; it takes so many milliseconds at most, and self lives as long as it does. */
void inquiry_begin(struct inquiry *q, unsigned node, struct conf *c, const char *verb,
                   const struct door_said *self, int patience);

/* What to wait for until q->until. Returns 1, or 0 when it is over. */
int inquiry_wants(const struct inquiry *q, struct pollfd *p);

/* Go on; with revents of poll(2), 0 if nothing has happened. Returns 1, or 0 when it is
   over: result, said and why are there. */
int inquiry_move(struct inquiry *q, short revents);

/* Give it up. */
void inquiry_end(struct inquiry *q);

#endif

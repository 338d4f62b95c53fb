/* inquiry: one node asked, one step at a time: its name looked up, connected to, asked
   and heard. */
#ifndef INQUIRY_H
#define INQUIRY_H

#include <poll.h>

#include "lookup.h"
#include "survey.h"

struct inquiry {
    struct survey_node *node; /* 0: none */
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

/* Begin; self lives as long as it does. */
void inquiry_begin(struct inquiry *q, struct survey_node *node, struct conf *c,
                   const char *verb, const struct door_said *self);

/* What to wait for until q->until. Returns 1, or 0 when it is over. */
int inquiry_wants(const struct inquiry *q, struct pollfd *p);

/* Go on; with revents of poll(2), 0 if nothing has happened. Returns 1, or 0 when it is
   over: the node says the rest. */
int inquiry_move(struct inquiry *q, short revents);

/* Give it up. */
void inquiry_end(struct inquiry *q);

#endif

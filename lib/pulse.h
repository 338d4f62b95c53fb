/* pulse: does the peer live? Whoever says something or reads what we say does. One who is
   silent is asked something, if we have a mount and so may ask. */
#ifndef PULSE_H
#define PULSE_H

#include "mount.h"
#include "wire.h"

struct pulse {
    long long half;          /* milliseconds: half of what is allowed; 0: for ever */
    long long life;          /* when he last lived, by dial_now */
    long long clear;         /* when last nothing waited to go out */
    int queued;              /* does something? */
    unsigned long long sent; /* bytes that went out so far */
};

/* Within so many seconds it is noticed that he does not live any more. */
void pulse_start(struct pulse *p, unsigned seconds);

/* Look, after each wire_move; m may be 0. Returns 0 when he does not live, or 1 and when
   to look again (-1: not before something moves). */
int pulse_look(struct pulse *p, const struct wire *w, struct mount *m, long long *again);

#endif

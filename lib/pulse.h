/* pulse: does the peer live? If we have a mount he is asked at regular times, and must
   answer. A request that is not answered is no sign: it may take as long as it likes. If
   he has a mount he has said how often we hear of him. And who reads nothing of what we
   say is dead, too. */
#ifndef PULSE_H
#define PULSE_H

#include "mount.h"
#include "wire.h"

enum { PULSE_RETRY = 100 /* milliseconds until he is asked, if it could not be said */ };

struct pulse {
    long long half;          /* milliseconds: half of what is allowed; 0: for ever */
    unsigned seconds;        /* what he is told: all of it */
    long long asked;         /* when he last was, by dial_now */
    long long life;          /* when he last lived: said something, or took what waited */
    long long clear;         /* when last nothing waited to go out */
    int queued;              /* does something? */
    unsigned long long sent; /* bytes that went out so far */
};

/* Within so many seconds it is noticed that he does not live any more. */
void pulse_start(struct pulse *p, unsigned seconds);

/* Look, after each wire_move; m may be 0. promised: as of export_promised. He is dead
   when he is silent for half of the time and has not answered a question, and when that
   is not answered all of the time, though he says other things. Silent is who takes
   nothing of what waits to go out, either; what goes at once is no sign. Returns 0 when
   he does not live, or 1 and when to look again (-1: not before something moves). */
int pulse_look(struct pulse *p, const struct wire *w, struct mount *m, unsigned promised,
               long long *again);

#endif

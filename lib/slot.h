/* slot: a bounded number of workers and the line before them. A worker is a record on the
   roll slot/NAME, held by the process that is to end with it; who waits for one stands on
   the roll queue/NAME, a queue as that of a pool. NAME is a launcher, or `board:ADDRESS`
   for what is done to a board one at a time. Nobody barges: while somebody waits, a free
   slot is the head's. */
#ifndef SLOT_H
#define SLOT_H

#include "queue.h"
#include "roll.h"
#include "watch.h"

struct slot {
    const char *name;
    struct roll roll;   /* slot/NAME; joined when the slot is ours */
    struct queue queue; /* queue/NAME; joined while we wait */
    struct watch watch;
};

/* Nothing open, for the slots of this name. */
#define SLOT_FOR(n)                                                                      \
    {                                                                                    \
        .name = n, .roll.fd = -1, .queue.roll.fd = -1, .watch.fd = -1                    \
    }

enum { SLOT_WORKERS = 64, SLOT_QUEUE = 256 }; /* the most there may be of each */

/* Ask once, under the gate of the line: for one of the first `workers` slots, when fewer
   than that are in use and nobody waits. most: how many may wait at a time (SLOT_QUEUE);
   -1: do not stand in line; SLOT_ALWAYS: stand in it whatever its length is. text goes to
   the slot's record, behind `USER UID `. Rolls are made when they are missing. Returns 1:
   the slot is ours; 0: we stand in line; -1: EAGAIN when the line is full, or we would
   have to wait, or as from the system. */
enum { SLOT_NOWAIT = -1, SLOT_ALWAYS = 65535 };
int slot_ask(struct slot *s, unsigned workers, int most, uid_t uid, const char *user,
             const char *text);

/* After slot_ask returned 0: wait until we are the head and a slot is free; workers is
   asked each time how many there may be, so that a reload counts. moved (or 0) is called
   with how many stand before us, when that has changed. Returns 1, or -1 and errno. Waits
   through signals. */
int slot_wait(struct slot *s, unsigned (*workers)(void *), void (*moved)(void *, long),
              void *arg);

/* Leave: the slot or the line. */
void slot_close(struct slot *s);

/* The slot's own number from 1, after it has become ours. */
unsigned slot_number(const struct slot *s);

#endif

/* slot: a bounded number of workers and the line before them. A worker is a record on the
   roll slot/NAME, held by the process that is to end with it; who waits for one stands on
   the roll queue/NAME, a queue as that of a pool. NAME is a launcher, or `board:ADDRESS`
   for what is done to a board one at a time. Nobody barges: while somebody waits, a free
   slot is the head's.

   Other processes share a slot: by the lock on a ticket of slot/NAME with the slot's
   number, which belongs to an open file they have in common (slot_share). A slot is free
   when nobody holds either. */
#ifndef SLOT_H
#define SLOT_H

#include "conf.h"
#include "queue.h"
#include "roll.h"
#include "watch.h"

struct slot {
    const char *name;
    struct roll roll;   /* slot/NAME; joined when the slot is ours */
    struct roll share;  /* see slot_share */
    struct queue queue; /* queue/NAME; joined while we wait */
    struct watch watch;
    char text[ROLL_TEXT];
};

/* Nothing open, for the slots of this name. */
#define SLOT_FOR(n)                                                                      \
    {                                                                                    \
        .name = n, .roll.fd = -1, .share.fd = -1, .queue.roll.fd = -1, .watch.fd = -1    \
    }

enum { SLOT_WORKERS = 64, SLOT_QUEUE = 256 }; /* the most there may be of each */

/* Open what all who are to share a slot have in common, s->share: one of them that have
   been forked since then asks for a slot, and it is in use until all of them have closed
   it, or ended, or who asked has called slot_close. In those who did not ask, nothing
   else of the slot may be open. The descriptor is above 2, and close-on-exec. Returns 0,
   or -1 and errno. */
int slot_share(struct slot *s);

/* Ask once, under the gate of the line: for one of the first `workers` slots, when fewer
   than that are in use and nobody waits. most: how many may wait at a time (SLOT_QUEUE);
   SLOT_NOWAIT: do not stand in line; SLOT_ALWAYS: stand in it whatever its length is, and
   do not count for others.
   text goes to the slot's record, behind `USER UID `: cut to what it has room for, and
   printable. Rolls are made when they are missing. Returns 1: the slot is ours; 0: we
   stand in line; -1: EAGAIN when the line is full, or we would have to wait; EBUSY when
   somebody locks who does not go by these rules; ECANCELED when
   workers is 0; EBADF without slot_share; or as from the system. After -1 nothing is
   open. Blocks SIGUSR2, by which waiters tell each other of their places, for good. */
enum { SLOT_NOWAIT = -1, SLOT_ALWAYS = 65535 };
int slot_ask(struct slot *s, unsigned workers, int most, uid_t uid, const char *user,
             const char *text);

/* After slot_ask returned 0: wait until we are the head and a slot is free; workers is
   asked each time how many there may be, so that a reload counts: 0 when they are none of
   the config any more. moved (or 0) is called with how many stand before us, first, and
   when that has changed (of more than SLOT_NEAR, not each step is told). Returns 1, or -1
   and errno (ECANCELED: no workers). Waits through signals. */
enum { SLOT_NEAR = 100 };
int slot_wait(struct slot *s, unsigned (*workers)(void *), void (*moved)(void *, long),
              void *arg);

/* Leave: the slot or the line. */
void slot_close(struct slot *s);

/* Close what slot_wait has watched with. Takes up to 20 ms when that was but a moment ago
   (50 ms), so not while anybody waits for us. */
void slot_settle(struct slot *s);

/* The slot's own number from 1, after it has become ours. */
unsigned slot_number(const struct slot *s);

/* Who has a slot: user (CONF_NAME bytes) and uid from the text of its record; returns the
   rest of it, what he has it for, or 0 when the record is damaged. */
const char *slot_worker(const struct roll_entry *e, char *user, uid_t *uid);

#endif

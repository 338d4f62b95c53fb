/* ticket: bytes far behind a roll's records, one for each number that is ever given out.
   A number is never used twice, so who waits for its holder waits for nobody else. The
   roll must be open with ROLL_WRITE; numbers are in [1, TICKET_END). */
#ifndef TICKET_H
#define TICKET_H

#include "roll.h"

#define TICKET_END (1ULL << 60)

/* Hold a ticket; give it up. Never waits. 0, or -1 and errno. */
int ticket_hold(struct roll *r, unsigned long long number);
void ticket_drop(struct roll *r, unsigned long long number);

/* The same for a ticket that is held by all who have this roll open by the same open(2):
   a process and those forked from it. */
int ticket_share(struct roll *r, unsigned long long number);
void ticket_unshare(struct roll *r, unsigned long long number);

/* The highest ticket below number, the lowest above it, that somebody else holds now: 1
 * and *found, 0 if none, -1. */
int ticket_before(const struct roll *r, unsigned long long number,
                  unsigned long long *found);
int ticket_after(const struct roll *r, unsigned long long number,
                 unsigned long long *found);

/* Wait until nobody holds the ticket. 0, or -1: EINTR by a signal, EDEADLK (look again).
 */
int ticket_wait(struct roll *r, unsigned long long number);

#endif

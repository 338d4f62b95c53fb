/* wall: what vlab-wall says to every session, in the ring `wall` (ring.h). Who has put a
   text there sends SIGUSR1 to every helper. */
#ifndef WALL_H
#define WALL_H

#include "ring.h"

enum { WALL_RING = RING_KEPT, WALL_TEXT = RING_TEXT };

/* As ring_say: for each helper to read when it gets SIGUSR1. */
int wall_say(const char *text);

/* As ring_begin and ring_next: for a helper that begins, and one that got SIGUSR1. It
   must be ready for the signal before it joins user/UID. */
int wall_begin(unsigned long long *last);
int wall_next(unsigned long long *last, char *text);

#endif

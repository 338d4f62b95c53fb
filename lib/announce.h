/* announce: what another node says of itself, as its roll and the boards at it have it
   here. */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include "door.h"

/* Take it down: the node of this number, at the address host, says so; and tell those
   here who wait for its boards that it is not up any more. What is so already is not
   touched. Our own node's roll is written by nobody but who changes it: of it, only the
   boards are marked. Returns 0, or -1 and errno. */
int announce(struct conf *c, unsigned node, const char *host,
             const struct door_said *said);

#endif

/* raw: the session after usinguart: bytes as they are, both ways, for good. */
#ifndef RAW_H
#define RAW_H

#include "relay.h"

enum { RAW_ESCAPE = 29 }; /* Ctrl-] ends it, where descriptor 0 is a terminal */

/* Pump between the client and the board on fd until r->over. First what is left in r->in
   and in from, the board's bytes that were read already. */
void raw_run(struct relay *r, int fd, struct relay_buffer *from);

#endif

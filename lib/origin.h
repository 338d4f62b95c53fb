/* origin: which node of the map an address is of, also when the map has only its name. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "map.h"

/* The node that has the address, an IP address as inet_ntop writes it: names of the map
   are looked up, side by side, for 2 s in all; of one node alone, if only is not 0.
   Returns 1, 0 when none has it, or -1 with errno EPROTO. */
int origin_find(struct conf *c, const char *ip, unsigned only, struct map_node *n);

#endif

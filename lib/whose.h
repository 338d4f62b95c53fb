/* whose: to which user of another node a connection from there belongs, by the word of
   that node's kernel, which its vlab-door passes on. So nobody has to be believed but the
   roots of nodes. */
#ifndef WHOSE_H
#define WHOSE_H

#include "map.h"
#include "peer.h"

enum { WHOSE_PATIENCE = 5000 /* milliseconds in which the other door answers */ };

/* Find out whose the connection fd is, that comes from the node, as p tells: then p is
   PEER_KNOWN; or PEER_TRUSTED, when it is root's, who may speak for everybody there. Else
   p stays what it was, and the log has why. */
void whose_ask(struct peer *p, unsigned node, int fd);

/* For a door: read who is asked about from descriptor 0, and answer on 1. Only of
   connections to an address of the node that asks. Returns 0, or -1: he has said nothing
   that could be answered. */
int whose_answer(struct conf *c, const struct map_node *from, const char *ip);

#endif

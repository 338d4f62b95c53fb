/* passage: the consoles of this host for somebody on another node, through its door. */
#ifndef PASSAGE_H
#define PASSAGE_H

#include "peer.h"

/* Serve the stream behind the door's answer, on descriptors 0 and 1: a list, or one
   attached; peer is who asks, from the node, whose kernel says which user that is: he was
   identified without a config, so that no address is trusted. He stands on the roll of
   this node while he is attached. Returns 0 when it is over, or -1: it has been said why
   not. */
int passage_serve(struct peer *peer, unsigned node);

#endif

/* marks: the boards at a node that is not up read offline: their rolls say
   `offline 0 node N: REASON`. Marks that somebody has set by hand stay as they are, but
   for those that have an end. */
#ifndef MARKS_H
#define MARKS_H

#include "conf.h"
#include "member.h"

/* Has the config the board of this address at the node? 1 or 0. */
int marks_at(struct conf *c, const char *address, unsigned node);

/* Set the marks of all boards that the config has at this node, as m says it is now; or
   take away all that are the node's, when it is up or nothing was ever said of it. What
   is as it should be is not touched, and so wakes nobody. Returns 0, or -1 and errno,
   after trying all. */
int marks_set(struct conf *c, const struct member *m);

#endif

/* admit: whom a board's end serves. A connection counts for as much as the kernel says
   about its other end: root, the helper's own user, who runs it by hand, and hosts that
   the config trusts may speak for anybody, so they act for whoever holds the board;
   others must hold it. A board in no pool of this config is held by nobody we know: then
   it is for those who may speak for anybody, who are all one (uid -1). */
#ifndef ADMIT_H
#define ADMIT_H

#include "device.h"
#include "holder.h"
#include "message.h"
#include "peer.h"

struct admit {
    uid_t uid; /* whom the connection acts for */
    int bound; /* only while holder.uid holds the board: see holder_lost */
    struct holder holder;
    enum message_code code; /* of a refusal */
    const char *text;
};

/* Decide. Returns 0, or -1: refused, for a->code and a->text, and say_warn has been told.
 */
int admit(struct admit *a, const struct peer *peer, const struct device *d);

/* Some time has passed. Is the board still whose it was, or at least nobody else's? 1 or
   0. */
int admit_still(const struct admit *a);

#endif

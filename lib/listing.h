/* listing: what a helper says about the boards of pools, for the user of its session. */
#ifndef LISTING_H
#define LISTING_H

#include "turn.h"

/* A `userinfo` for each board of the pool, in the order of the config; why: and a remark
   for each that is marked offline. Returns 0, or -1 with nothing said: errno ENOENT no
   such pool, EACCES not for this user, EPROTO no database or a damaged one, or as from
   the system. */
int listing_pool(const struct turn *t, const char *pool, int why);

/* `pool NAME` and the same, with remarks, for each pool that is for this user. Returns 0,
   or -1 and errno, maybe with some of it said. */
int listing_pools(const struct turn *t);

#endif

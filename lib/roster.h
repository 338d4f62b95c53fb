/* roster: what there is to see of launchers: where commands can be run, what runs there,
   and who waits. */
#ifndef ROSTER_H
#define ROSTER_H

#include "conf.h"
#include "launcher.h"
#include "stream.h"

/* The launchers of the config; of those named in served, unless that is empty. */
struct roster {
    struct conf *conf;
    char *const *served; /* the last is 0 */
    int begun;
    struct conf_lines lines;
};

/* Is it one of those that are served, or may it be? 1 or 0. */
int roster_serves(const struct roster *r, const char *name);

/* The next one; of a roster all zero but for conf and served, the first. Returns 1, or 0
   at the end. */
int roster_next(struct roster *r, struct launcher *l);

/* How many can run or wait in all of them. */
unsigned long roster_places(struct roster *r);

/* The first name in served that the config has no launcher of, after the one at *i; 0:
   there is none. *i begins with 0. */
const char *roster_missing(const struct roster *r, size_t *i);

/* Say `launch NAME WORKERS QUEUE`, `running SLOT USER SINCE` for what runs in it,
   `waiting PLACE USER SINCE` for who waits, in their order: half of STREAM_OUT at most.
 */
void roster_tell(const struct launcher *l, struct streams *to);

/* The same of the next one that the user may use; at the end `endlist`. Returns whether
   more is to come. */
int roster_tell_next(struct roster *r, uid_t uid, struct streams *to);

#endif

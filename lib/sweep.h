/* sweep: a process that takes our mount away when we cannot, because we were killed. It
   holds nothing but a pipe, and hears by that of our end. */
#ifndef SWEEP_H
#define SWEEP_H

#include <sys/types.h>

#include "place.h"

struct sweep {
    int fd; /* of the pipe; -1: there is none */
    pid_t pid;
};

/* Start it: what mount(8) shows as source, of type fuse.vlab-duct, is to be taken away,
   and then the directory, if it was made. Where something else is mounted over it, it
   waits until that has gone, for at most SWEEP_WAIT seconds. Returns 0, or -1 and errno.
 */
enum { SWEEP_WAIT = 3600 };
int sweep_start(struct sweep *s, const char *source, const struct place *place);

/* We have done all this by ourselves: it ends, and is waited for. */
void sweep_end(struct sweep *s);

/* We have not: it does, and is not waited for. */
void sweep_leave(struct sweep *s);

#endif

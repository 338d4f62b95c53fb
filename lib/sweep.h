/* sweep: a process that takes our mount away when we cannot, because we were killed. It
   holds nothing but a pipe, and hears by that of our end. */
#ifndef SWEEP_H
#define SWEEP_H

#include <sys/types.h>

struct sweep {
    int fd; /* of the pipe; -1: there is none */
    pid_t pid;
};

/* Start it: what mount(8) shows as source, of type fuse.vlab-duct, is to be taken away,
   and then, if it is not 0, the empty directory made, by its absolute path. Returns 0, or
   -1 and errno. */
int sweep_start(struct sweep *s, const char *source, const char *made);

/* We have done all this by ourselves: it ends, and is waited for. */
void sweep_end(struct sweep *s);

#endif

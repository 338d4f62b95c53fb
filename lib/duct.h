/* duct: two halves that know nothing of each other share a wire: the exporter answers
   what the peer asks, the mount asks him what the kernel does. Each half is ended by five
   bytes, and when both are, all is over. */
#ifndef DUCT_H
#define DUCT_H

#include <signal.h>

#include "export.h"
#include "mount.h"
#include "pulse.h"
#include "wire.h"

enum {
    DUCT_FAREWELL = 2000, /* milliseconds for the last words */
    DUCT_ECHO = 1000,     /* in which he may be heard though he hears us no more */
    DUCT_DEAF = 16        /* turns after which a signal is heard in any case */
};

/* Open the members on top, then call duct_begin. */
struct duct {
    struct wire wire;
    struct export *tree; /* 0: there is nothing to be seen, or not any more */
    struct mount *mount; /* 0: none */
    const char *where;   /* of the mount, an absolute path */
    struct pulse pulse;
    int exports;          /* did it begin with a tree? */
    int is_up;            /* the mount has been there */
    int ended, has_ended; /* we have, he has said the five bytes */
    int at_once;          /* there may be something to do though nothing has come */
    int doubted;          /* the peer seemed dead when we last looked */
    unsigned turns;
    long long echo, leave;
    char why[512]; /* of -1 */
};

/* A peer who is silent for so many seconds does not live any more (0: he does). */
void duct_begin(struct duct *d, unsigned seconds);

/* Wait, with the signals that usual lets through, and do what is to be done. Returns 1, 0
   when all is over, or -1: something is lost, d->why says what. */
int duct_turn(struct duct *d, const sigset_t *usual);

/* Come to an end: the mount is taken away. Asked again, at once. */
void duct_leave(struct duct *d);

/* All is given back, the mount first: somebody may wait for it. */
void duct_close(struct duct *d);

#endif

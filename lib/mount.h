/* mount: the peer's tree as a file system here, by FUSE. Requests of the kernel become T
   messages, many at a time; what it has interrupted is flushed. */
#ifndef MOUNT_H
#define MOUNT_H

#include <stddef.h>

#include "place.h"
#include "wire.h"

struct mount;

struct mount_options {
    const struct place *place; /* where; it stays the caller's, who does not close it
                                  before the mount is over */
    const char *source;        /* what mount(8) shows */
    int users;                 /* each opens as himself, by an attach of his own */
    double fresh;              /* seconds that attributes and names are believed */
};

/* Look that one can mount at all, before the wire is used. Returns 0, or -1 and errno. */
int mount_check(void);

/* Begin: say Tversion. The file system appears when the peer has let us attach. Returns
   0, or -1 and errno. */
int mount_open(struct mount **m, const struct mount_options *o, struct wire *w);

/* Where it stands. */
enum mount_state {
    MOUNT_ATTACHING,
    MOUNT_UP,
    MOUNT_LEAVING, /* unmounted by somebody, or by mount_leave; fids are being given back
                    */
    MOUNT_OVER,    /* all fids are given back: wire_end is due */
    MOUNT_FAILED   /* it could not be attached or mounted: see mount_why */
};
enum mount_state mount_state(const struct mount *m);
const char *mount_why(const struct mount *m);

/* What to wait for, with POLLIN: the kernel asks. -1: not now. */
int mount_fd(const struct mount *m);
void mount_serve(struct mount *m);

/* An R message of the peer. Returns 0, or -1 EPROTO: nobody asked for it. */
int mount_take(struct mount *m, const struct ninep *r);

/* Go on with what waited for room on the wire, or for an answer. Call it whenever the
   wire has moved. */
void mount_go_on(struct mount *m);

/* When mount_go_on is due though the wire has not moved (dial_now; -1: not at all): what
   the peer holds open for nobody is given back, and who was interrupted is looked at. */
long long mount_due(const struct mount *m);

/* Is an answer due that the peer can give at once, and since when (dial_now)? -1: no. For
   keep-alive: mount_ask asks for one by a Tflush of a tag that is not in use, which tells
   him that within so many seconds (at most NINEP_ALIVE_MOST) he hears of us. Not while it
   is attaching. Returns 0, or -1 and errno: there is no room. */
long long mount_waits(const struct mount *m);
int mount_ask(struct mount *m, unsigned seconds);

/* Take the file system away, though it is in use: what is asked gets the errno e, what is
   open fails, other programs see the empty directory below. */
void mount_leave(struct mount *m, int e);

/* All is given back. */
void mount_close(struct mount *m);

#endif

/* space: the namespace of the lab: /vlab/N/NAME, the devices of node N, and
   /vlab/pts/N/NUMBER, its consoles, by two ducts for each node. Only root can do this.
   Who mounts has the right to change the node (member), so there is one of them at a
   time. */
#ifndef SPACE_H
#define SPACE_H

#include <limits.h>

#include "mounted.h"

enum {
    SPACE_WHY = 256,
    /* milliseconds: until a mount is there, or its duct has given up; and until that has
       ended when it is told to */
    SPACE_PATIENCE = 12000,
    SPACE_END = 5000
};

/* $VLAB_NAMESPACE, or /vlab; which is made when it is missing, and /vlab/pts. Returns 0,
   or -1 and errno. */
const char *space_path(void);
int space_make(void);

/* The own node's devices are those of /dev, and its consoles those here: the links to
   them are made, and those of other numbers are taken away; node 0: of all. Returns 0, or
   -1 and errno: EEXIST when there is something else in its place. */
int space_own(unsigned node);

/* Is there such a link to /dev? 1 or 0. */
int space_owns(unsigned node);

enum space_place { SPACE_DEVICES, SPACE_CONSOLES, SPACE_PLACES };

/* The path of a node there, or for node 0 of them all, as proc(5) has it, without links.
   Returns 0, or -1 and errno. And is it a link of ours? 1 or 0. */
int space_at(enum space_place place, unsigned node, char path[PATH_MAX]);
int space_is_link(enum space_place place, const char *path);

/* What is at the place of a node: its path goes to path, and of a mount its source. No
   node is asked for that, so it takes no time. */
enum space_what {
    SPACE_NOTHING,
    SPACE_DUCT,   /* a mount of a duct that lives, */
    SPACE_DEAD,   /* or not any more */
    SPACE_FOREIGN /* a mount of somebody else's */
};
enum space_what space_look(enum space_place place, unsigned node, char path[PATH_MAX],
                           char source[MOUNTED_SOURCE]);

/* The duct that has mounted this: a pidfd, or -1 ESRCH. */
int space_duct(const char *source);

/* The nodes that are mounted, ascending, most of them. Returns how many, or -1 and errno.
 */
int space_list(unsigned *nodes, unsigned most);

/* Do something with each of these nodes, side by side: each in a child, which touches
   files as we do ourselves, and whose exit code is what `one` returns. Returns the
   highest of them, or -1 and errno. */
int space_each(const unsigned *nodes, unsigned count, int (*one)(unsigned node));

/* In such a child: have a duct mount what the node offers, unless one does already. It
   goes on when we have ended, until the node is gone, and holds nothing of ours. Returns
   0; or -1, and why (SPACE_WHY bytes). */
int space_mount(unsigned node, char *why);

/* Take it away; lazily: though somebody uses it, who gets EIO. Its duct has ended then.
   Returns 0, also when there is none; or -1 and errno: EBUSY; EEXIST when what is mounted
   there is no duct's. */
int space_umount(unsigned node, int lazily);

#endif

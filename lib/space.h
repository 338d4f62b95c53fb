/* space: the namespace of the lab, /vlab/N/NAME: the devices of node N, a duct for each
   node. Only root can do this. */
#ifndef SPACE_H
#define SPACE_H

enum {
    SPACE_WHY = 256,
    SPACE_PATIENCE = 10000 /* milliseconds until a mount is there */
};

/* $VLAB_NAMESPACE, or /vlab. */
const char *space_path(void);

/* The own node's devices are those of /dev: a link to it. Returns 0, or -1 and errno. */
int space_own(unsigned node);

/* Have a duct mount what the node offers, unless one does already. It goes on when we
   have ended, until the node is gone. Returns 0; or -1, and why (SPACE_WHY bytes). */
int space_mount(unsigned node, char *why);

/* Take it away: also while somebody uses it, if lazily. Returns 0, also when there is
   none, or -1 and errno. */
int space_umount(unsigned node, int lazily);

/* The nodes that are mounted, ascending, most of them. Returns how many, or -1 and errno.
 */
int space_list(unsigned *nodes, unsigned most);

#endif

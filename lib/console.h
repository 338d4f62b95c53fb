/* console: the consoles of this host: a directory of unix sockets, each named by the
   number of a console, at which the process listens that has its pseudo-terminal. The
   directory is writable by all and sticky, as /tmp is: consoles belong to users, who may
   not write rolls. A socket whose process has ended refuses, so it is no console any
   more. vlab-protocol(7) has what is said there. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <sys/types.h>

enum {
    CONSOLE_OF_NODE = 1000,  /* numbers of a node: from node * 1000 */
    CONSOLE_LAST = 65535999, /* the highest number */
    CONSOLE_OF_USER = 64,    /* a user has at most, on this host */
    CONSOLE_LINE = 512,      /* bytes of a first line, the newline or NUL counted */
    CONSOLE_WHO = 136,       /* bytes of who is attached, the NUL counted */
    CONSOLE_PATIENCE = 2000  /* milliseconds in which a console answers */
};

/* $VLAB_CONSOLE, or /run/vlab/console. */
const char *console_dir(void);

/* Make it where it is missing, and the directory above it: all may write there, and it is
   sticky. For root. Returns 0, or -1 and errno. */
int console_make(void);

/* The node whose numbers this host uses: the one that it is a member as, else the only
   one with an address of this host in the map, else 0. */
unsigned console_node(void);

/* Take the lowest free number of a node. What others left behind who were this user and
   have ended is taken away first. Returns the socket, which listens, does not block and
   is close-on-exec, or -1 and errno: ENOSPC when all are in use,
   EDQUOT when this user has as many as he may, ETIMEDOUT when another process of his does
   the same (DIRECTORY/.UID is locked) and does not go on. */
int console_take(unsigned node, unsigned long *number);

/* Give it back. */
void console_leave(unsigned long number);

/* Connect to a console until the deadline (of dial_now). Returns the descriptor and whose
   process it is, or -1 and errno: ENOENT when there is none. */
int console_reach(unsigned long number, uid_t *owner, long long deadline);

/* One line from fd (CONSOLE_LINE bytes), without its newline, and nothing that is behind
   it. Control characters in it are '?'. Returns 0, or -1 and errno. */
int console_hear(int fd, char *line, long long deadline);

/* May who is at the other end of the unix socket fd, uid, say for whom he speaks? Root
   may, and the owner of the state directory. 1 or 0. */
int console_speaks(uid_t uid);

/* Who a user of this host is, as those attached to a console see it: `USER@HOST`. */
void console_name(uid_t uid, char name[CONSOLE_WHO]);

/* All consoles of this host, ascending: for each, one is called with its number, whose it
   is, and what it says of itself, `SINCE ATTACHED COMMAND`. Those that do not answer in
   CONSOLE_PATIENCE, in all, are left out, and what a user has beyond CONSOLE_OF_USER.
   When one of a user's is silent, the rest of his comes behind all others. Returns 0, or
   -1 and errno. */
int console_list(void (*one)(unsigned long number, uid_t owner, const char *said));

/* Say a text to all who are attached to them, as far as these consoles would be listed.
   Returns as that. */
int console_wall(const char *text);

#endif

/* helper: the client's end of a connection to vlab-mutex. */
#ifndef HELPER_H
#define HELPER_H

#include <sys/types.h>

#include "lines.h"

struct helper {
    int fd; /* -1: not open; close-on-exec, blocking */
    size_t at, have;
    struct lines lines;
    char buffer[1024];
};

/* $VLAB_SOCKET: the path of a unix socket (default /run/vlab/mutex), or HOST:PORT for a
   helper on another host. */
const char *helper_socket(void);

/* Connect, and watch the connection so that a vanished host is noticed within alive
   seconds (TCP). At most 5 s. Returns 0, or -1 and errno (EINVAL: $VLAB_SOCKET is neither
   a path nor HOST:PORT; ENOENT: no such path, or host). Reads nothing yet: the first line
   will be mversion. */
int helper_open(struct helper *h, unsigned alive);

/* What this errno of helper_open or helper_login means, and what to do. Valid until the
   next call. */
const char *helper_error(int e);
void helper_close(struct helper *h);

/* The next line, waiting until deadline (a time of dial_now;
   -1: for ever). *line is valid until the next call. Returns 1, 0 at the end of the
   connection, or -1: ETIMEDOUT, EINTR (a signal came), or as from read(2). */
int helper_line(struct helper *h, long long deadline, char **line);

/* Connect and become uid: helper_open, mversion read (copied into version, 128 bytes,
   unless 0), then setuid sent and answered. Returns 0; -1 and errno; or 1 when the helper
   said error: then *line is its text behind `error `, and h is still to be closed.
   Remarks and broadcasts meanwhile are dropped. At most 5 s to connect, 10 s more for
   answers; over TCP one that stays silent is tried again, for 20 s. */
int helper_login(struct helper *h, unsigned alive, uid_t uid, char *version, char **line);

#endif

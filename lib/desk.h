/* desk: the client's end of the dialogue with vlab-launch, before a command runs. */
#ifndef DESK_H
#define DESK_H

#include "message.h"
#include "stream.h"

enum { DESK_PORT = 7022, DESK_ANSWER = 30000 /* milliseconds an answer may take */ };

/* $VLAB_LAUNCH: the path of a unix socket (default /run/vlab/launch), or HOST or
   HOST:PORT, or node:N: through the door of a node. */
const char *desk_where(void);

/* Connect, and hear who is there. Returns 1; 0 when that says error: *text is what
   follows; or -1 and errno as reach or door_open has it, ETIMEDOUT, ECONNRESET, EPROTO.
 */
int desk_open(struct streams *c, const char *where, char **text);

/* The next line, its first word and the rest, until the next call. Waits until the
   deadline (of dial_now, -1: for ever). Returns 1; 0: none came; -1 and errno: ECONNRESET
   the other end is gone, EPROTO it is no vlab-launch. */
int desk_hear(struct streams *c, long long deadline, char **word);

/* Say these words of a command. Returns 0, or -1 ETIMEDOUT: nobody takes them. */
int desk_words(struct streams *c, char *const *words);

/* Our exit code when the helper says `error` with this code. */
int desk_code(enum message_code code);

/* Of who has no such launcher: `: vlab-run -q lists yours`, of that helper. */
const char *desk_lists(const char *where);

/* What this errno of desk_open means, and what to do. Until the next call. */
const char *desk_error(int e, const char *where);

/* Make our descriptors those of a command, fd[FRAME_STREAMS]; 2 is also for our own
   messages. Returns 0, or -1 and errno. */
int desk_descriptors(int *fd);

/* From now on they are its streams. */
void desk_streams(struct streams *c, const int *fd);

#endif

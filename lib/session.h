/* session: a client's dialogue with the board he holds. It logs his commands, see
 * relay.h.
 */
#ifndef SESSION_H
#define SESSION_H

#include "relay.h"

/* Connect to the board called name at host and port, and hear its first line; 5 s in all.
   What it said goes to r->out behind `ok`. Returns 0, or -1 with errno when it could not
   be reached (EPROTO: it is no board), or r->over set. */
int session_open(struct relay *r, const char *name, const char *host, unsigned port);

/* How the board refused us when session_open failed: `CODE TEXT`; "" when it did not. */
const char *session_refusal(void);

/* The dialogue, a transparent pipe with logging and copies of bit files, until it is
   over. */
void session_run(struct relay *r);

/* Close the connection to the board, if one is open. */
void session_close(void);

#endif

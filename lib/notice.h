/* notice: what is said to the sessions of this host, and to those of them who wait, when
   something happens to a node. */
#ifndef NOTICE_H
#define NOTICE_H

#include "conf.h"
#include "member.h"

/* Send a signal (reply.h says which means what) to all helpers here. Returns 0; or -1 and
   errno, after trying all. */
int notice_signal(int sig);

/* Say a text, of which WALL_TEXT - 1 bytes are heard, to all of them. Returns as that. */
int notice_all(const char *text);

/* The node takes nobody any more: if anybody here waits for a board of it, all are told.
   Returns 1 if so, 0 if not, or -1 and errno. */
int notice_waiters(struct conf *c, const struct member *m);

#endif

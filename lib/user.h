/* user: a user's connections, on the roll user/UID: so that no user can use up all
   helpers, and so that who speaks to all finds them. A record's text is `USER UID`. */
#ifndef USER_H
#define USER_H

#include <sys/types.h>

#include "roll.h"

/* Join the roll of a user, which is made when missing; at most `most` live on it. Returns
   0 with r open and joined, or -1 (r closed): EAGAIN when there are too many, or as from
   the system. */
int user_join(struct roll *r, uid_t uid, const char *name, unsigned most);

/* The same on the roll KIND/PREFIXUID, for connections that are none of a session. */
int user_join_at(struct roll *r, const char *kind, const char *prefix, uid_t uid,
                 const char *name, unsigned most);

/* Send sig to the user's other connections on this host. */
void user_signal(const struct roll *r, int sig);

/* Send sig to all connections on the roll user/UID; lost (or 0) is called, with errno,
   for each that cannot be sent it. Returns 0, also when there is no such roll, or -1 and
   errno. */
int user_tell(const char *uid, int sig, void (*lost)(const struct roll_entry *));

#endif

/* publish: put a new config in place of the old one. The caller holds the gate of the
   roll `reload`, is the owner of the state directory, ignores SIGPIPE and has umask 0.

   Each returns 0, or -1 with errno; then *doing says what could not be done ("make ...").
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "accounts.h"
#include "parse.h"

/* Make the directories and rolls that are missing. Makes one system call for a roll only
   if it is. */
int publish_rolls(const struct parse *p, const char **doing);

/* Have cdb(1) make the database, and move it to config.cdb. Killed or out of space at any
   moment, this leaves the old one or the new one, whole and synced. */
int publish_database(const struct parse *p, const struct accounts *a, const char **doing);

#endif

/* publish: put a new config in place of the old one. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "accounts.h"
#include "parse.h"

/* Make the directories and rolls that are missing, have cdb(1) make the database, and
   move it to config.cdb. Killed or out of space at any moment, this leaves the old one or
   the new one, whole and synced. Makes a system call for a roll only if it is missing.

   The caller holds the gate of the roll `reload`, is the owner of the state directory,
   ignores SIGPIPE and has umask 0. Returns 0, or -1 with errno; then *doing says what
   could not be done ("make ..."). made is called for each roll that has been made. */
typedef void publish_made(unsigned done, unsigned all);
int publish(const struct parse *p, const struct accounts *a, publish_made *made,
            const char **doing);

/* For publish: its first step; and what *doing is set to, until the next call. */
int publish_rolls(const struct parse *p, publish_made *made, const char **doing);
const char *publish_doing(const char *verb, const char *first, const char *second);

#endif

/* guests: those on the roll of this node, waited for and told to end, as a step of a
   chain: so it shows on a terminal who is still there, and gives up when the chain does.
   It says by say_warn who cannot be told, or does not go. */
#ifndef GUESTS_H
#define GUESTS_H

#include <stdio.h>

#include "member.h"

/* Sets of kinds. */
#define GUESTS_AWAY (1u << MEMBER_AWAY)
#define GUESTS_ALL  ((1u << MEMBER_KINDS) - 1)
#define GUESTS_HERE (GUESTS_ALL & ~GUESTS_AWAY)

/* How many of these kinds are on the roll of the node, or -1 and errno. Each is printed
   to out, if that is not 0: `KIND USER NODE SINCE PID TEXT`. */
long guests_count(unsigned node, unsigned kinds, FILE *out);

/* Wait until none is there, or the deadline. Returns 1: none; 0: the time is over; -1 and
   errno: EINTR as from chain_poll. */
int guests_wait(unsigned node, unsigned kinds, long long deadline);

/* The same; and those mounts end meanwhile in which no file is open. */
int guests_wait_unused(unsigned node, unsigned kinds, long long deadline);

/* Have them end: SIGTERM and the note for each, after 5 s SIGKILL. Returns 0, or -1 and
   errno as guests_wait; EBUSY when one is still there 5 s later. */
int guests_end(unsigned node, unsigned kinds, const char *note);

/* Say a line to the sessions at boards whose helpers are on another host: they do not
   hear what wall says. */
void guests_tell(unsigned node, const char *line);

#endif

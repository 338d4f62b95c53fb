/* audience: those attached to a console, in the process that has its pseudo-terminal. Of
   those who may write one does, the first; when he leaves, the next one does, and another
   one may take it from him. The others watch. Who does not read keeps nobody waiting: he
   misses output. For the writer the command waits, but a second at most. A process has
   one. */
#ifndef AUDIENCE_H
#define AUDIENCE_H

#include <poll.h>
#include <stddef.h>
#include <sys/types.h>

#include "usher.h"

enum {
    AUDIENCE_MOST = 128, /* attached at a time, */
    AUDIENCE_KEPT = 8,   /* so many of them who may write */
    AUDIENCE_NEW = 8,    /* and those that have not said yet what they want */
    AUDIENCE_POLL = AUDIENCE_MOST + AUDIENCE_NEW
};

/* Begin: who may come, and the command (kept by pointer, printable), for those who ask.
 */
void audience_open(const struct usher *usher, const char *command);

/* Somebody connected; the descriptor is the audience's from now on. Who made the console
   is attached at once: then who is his name, else 0. */
void audience_admit(int fd, const char *who);

/* What to wait for, AUDIENCE_POLL of them. Returns until when, of dial_now; -1: for ever.
   Then move what can be. */
long long audience_wants(struct pollfd *p);
void audience_move(const struct pollfd *p);

/* May there be more output now? 1 or 0. And there is, at most FRAME_PAYLOAD bytes. */
int audience_has_room(void);
void audience_put(const char *data, size_t n);

/* What the writer has typed. Returns 1 (n 0: his input has ended), or 0: nothing. Then n
   bytes of it were used; 0 of the end. */
int audience_input(const char **data, size_t *n);
void audience_used(size_t n);

/* How large the writer's terminal is, if it is known and may have changed. 1 or 0. */
int audience_size(unsigned short *rows, unsigned short *columns);

/* The last line for all of them; and wait until it has gone to all who read, or the
   deadline. */
void audience_end(const char *line, long long deadline);

#endif

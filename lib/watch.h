/* watch: what the head of a line waits for: a board of its pool, or any roll, that
   somebody left, or a new config. By inotify, which sees neither other hosts nor the end
   of an offline mark: so a wait lasts a second at most. */
#ifndef WATCH_H
#define WATCH_H

#include <signal.h>

#include "conf.h"

struct watch {
    int fd;     /* -1: not open, or no inotify to be had: then only the second counts */
    int config; /* the watch on the directory of config.cdb */
    int last;   /* the highest watch */
};

/* Begin to watch the config; before reading it, or a change is missed. A watch that is
   still open (fd -1 at first) is used again. */
void watch_open(struct watch *w);

/* And the boards of a pool; before looking at them. What is watched already stays so. */
void watch_boards(struct watch *w, struct conf_lines pool);

/* And the roll KIND/NAME; before looking at it. */
void watch_roll(struct watch *w, const char *kind, const char *name);

/* Stop watching, but leave it open. Quick, and so is a close(2) some time later. */
void watch_stop(struct watch *w);

/* Stop watching and close it, when descriptor peer says nothing for a moment, else do
   nothing: for close(2) waits until the kernel has forgotten the watches, and that takes
   10 to 20 ms, in which nobody should be kept waiting. Waits with the signal mask given.
 */
void watch_close(struct watch *w, int peer, const sigset_t *mask);

/* Wait, with the signal mask given. Returns 1: somebody left what is watched; 0: a second
   is over, or the config is new: read it and watch again; -1: EINTR, or EPIPE when the
   descriptor peer (-1: none) hung up. */
int watch_wait(const struct watch *w, int peer, const sigset_t *mask);

#endif

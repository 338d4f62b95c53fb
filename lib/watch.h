/* watch: what the head of a line waits for: a board of its pool that somebody left, or a
   new config. By inotify, which sees neither other hosts nor the end of an offline mark:
   so a wait lasts a second at most. */
#ifndef WATCH_H
#define WATCH_H

#include <signal.h>

#include "conf.h"

struct watch {
    int fd;     /* -1: not open, or no inotify to be had: then only the second counts */
    int config; /* the watch on the directory of config.cdb */
};

/* Begin to watch the boards of a pool; before looking at them, or a change is missed. */
void watch_open(struct watch *w, struct conf_lines pool);
void watch_close(struct watch *w);

/* Wait, with the signal mask given. Returns 1: somebody left a board; 0: a second is
   over, or the config is new: read it and watch again; -1: EINTR, or EPIPE when the
   descriptor peer hung up. */
int watch_wait(const struct watch *w, int peer, const sigset_t *mask);

#endif

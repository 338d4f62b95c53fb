/* export: a server of 9P2000 for the tree below a directory. It runs as who started it
   and may what he may, or, of each user of the peer, what that user may here. Devices and
   FIFOs are plain files: read and written here, where they are. What would wait is
   parked, and nobody waits for it. */
#ifndef EXPORT_H
#define EXPORT_H

#include <stdio.h>

#include "beneath.h"
#include "wire.h"

enum {
    EXPORT_FIDS = 16384,  /* fids of the peer at a time */
    EXPORT_PARKED = 1024, /* requests of his that wait for something at a time */
    EXPORT_WRITES = 64    /* of them writes, with their data */
};

struct export;

/* Serve the tree at path on the wire; SIGPIPE and SIGXFSZ must be ignored. Memory is
   taken here and when a fid is made. From now on this process's umask is 0, for the modes
   of new files are the peer's and the directory's; it may have as many descriptors as it
   ever may, for each fid is one or two; and what it writes loses its set-id bits (see
   setid). Returns 0, or -1 and errno. */
int export_open(struct export **e, const char *path, struct wire *w, int readonly);

/* From now on each Tattach is one of the user whom it names, who is EPERM if there is
   none of that name here: what is done by its fids, and those that were walked to from
   them, is done as he; as us for who is root. Returns 0, or -1 EPERM: we are not root,
   or not one who can be others. */
int export_users(struct export *e);

/* Only what fits this pattern, or another one, is there for the peer (see shown); ctl
   files with their ttys. It is kept by pointer. Returns 0, or -1 EINVAL, E2BIG. */
int export_only(struct export *e, const char *pattern);

/* All files are closed, and removed if they were opened so. */
void export_close(struct export *e);

/* The tree, to shut a mount of ours off. */
struct beneath *export_tree(struct export *e);

/* A T message of the peer. The answer is said now or later. Returns 0, or -1 and errno:
   it breaks the rules, or more is asked at a time than we keep; the connection cannot be
   used any more. */
int export_take(struct export *e, const struct ninep *m);

/* What to wait for, with POLLIN: something parked can go on. -1: nothing ever will. */
int export_fd(const struct export *e);

/* When export_go_on is due though the descriptor is not ready (dial_now; -1: never). */
long long export_due(const struct export *e);

/* Go on with what was parked, and with what waited for room on the wire. Call it
   whenever the wire has moved, too. ready: is the descriptor? */
void export_go_on(struct export *e, int ready);

/* The peer has said that within so many seconds we hear of him; 0: he has not. */
unsigned export_promised(const struct export *e);

/* Requests that were taken and not yet answered. */
unsigned export_pending(const struct export *e);

/* Has the peer any file open, directories aside? */
int export_used(const struct export *e);

#endif

/* place: the directory that a mount is put on, held from the first look at it, so that it
   is this one and no other, whoever renames what meanwhile. */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>
#include <stdint.h>

#include "ninep.h"

struct place {
    int in;              /* the directory it is in, when it has a name; else -1 */
    int fd;              /* the directory itself, below what is mounted; -1: closed */
    int made;            /* by us */
    uint64_t below;      /* the mount it is in */
    char path[PATH_MAX]; /* absolute, no link in it */
    char name[NINEP_NAME + 1];
};

/* Hold the directory at path or, if name is not 0, the one of that name in it, which is
   made if it is missing, and may be no symbolic link. What a dead duct has left there is
   taken away. Returns 0, or -1 and errno: EBUSY (a duct has mounted there), EINVAL (name
   is none), ENOTDIR, EACCES (not ours to write)... p->path is what it is about. */
int place_open(struct place *p, const char *path, const char *name);

/* Is it still what its path leads to, as far as the kernel knows? 1 or 0. */
int place_stays(const struct place *p);

/* Is something in it? That cannot be seen while something is mounted there. 1 or 0. */
int place_hides(const struct place *p);

/* Let it go; the directory is removed if it was made. Returns 0, or -1 and errno: it is
   still there, and may be closed again. */
int place_close(struct place *p);

#endif

/* mounted: what is mounted by ducts, as proc(5) tells it: nobody is asked who may not
   answer. Mounts are taken away by their paths, and a path leads to what is on top there:
   so each is looked at before, whether it is ours. */
#ifndef MOUNTED_H
#define MOUNTED_H

#include <stdint.h>

#define MOUNTED_TYPE "fuse.vlab-duct"

/* Of messages that somebody else was quicker there, so that to try again may help. */
#define MOUNTED_RACE "meanwhile"

enum { MOUNTED_SOURCE = 64 };

/* The id that the mount has there in which the file is: path in the directory fd, not
   followed if it is a link; or "": fd's. Another may have it when this one is gone.
   Returns 0, or -1 and errno. */
int mounted_id(int fd, const char *path, uint64_t *id);

/* The source of the duct's mount with this id, if its root is at path. Returns 1, or 0:
   there is none; or -1 and errno. */
int mounted_source(uint64_t id, const char *path, char source[MOUNTED_SOURCE]);

/* Is source mounted at path, and there on a directory of the mount below, not on another
   mount? 1 or 0; or -1 and errno. */
int mounted_on(const char *source, const char *path, uint64_t below);

/* Have the kernel read so many bytes ahead in what source is mounted as, if we may. */
void mounted_ahead(const char *source, unsigned bytes);

/* Take away all that source is mounted as, though somebody may use it, but not what
   something else is mounted on. Returns how many are left, or -1 and errno. */
int mounted_clear(const char *source);

/* The same, again whenever something was mounted or unmounted, for at most so many
   seconds. Returns as mounted_clear. */
int mounted_clear_all(const char *source, unsigned seconds);

#endif

/* beneath: a tree of files, and no way out of it: no `..`, no symbolic link, no mount of
   ours, and no directory that is moved while somebody walks. Files are named by O_PATH
   descriptors (see held). */
#ifndef BENEATH_H
#define BENEATH_H

#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>

#include "ninep.h"

struct beneath {
    int root;
    int proc;            /* for held_path */
    char path[PATH_MAX]; /* of the root, when it was last looked at */
    int has_shut;
    uint64_t shut; /* the mount that is not entered: our own, below our own tree */
};

/* The tree below a directory, for this process. Returns 0, or -1 and errno. */
int beneath_open(struct beneath *b, const char *path);
void beneath_close(struct beneath *b);

/* Don't enter the mount whose root is at path: who serves it can't be his own client.
   Nothing is found at its place. Returns 0, or -1 and errno. When that mount has gone
   say so: another one may get its number. */
int beneath_shut(struct beneath *b, const char *path);
void beneath_unshut(struct beneath *b);

/* The file name in the directory dir, or `..` of it, which at the root is the root. A
   symbolic link that stays in the tree is followed, be it relative or absolute, and *link
   is then a descriptor of the link itself, else -1; one that does not, or leads nowhere,
   is the file itself. Returns an O_PATH, close-on-exec descriptor, or -1 and errno: EXDEV
   (not in the tree any more), ENOENT, ENOTDIR, EACCES, EMFILE... */
int beneath_walk(struct beneath *b, int dir, const char *name, int *link);

/* The attributes of what beneath_walk would find, when dir is known to be in the tree:
   one look at each entry of a directory; and *to: of a link what it leads to, by an
   O_PATH descriptor or BENEATH_NOWHERE, else BENEATH_NO_LINK. Returns 0, or -1 and errno.
 */
enum { BENEATH_NOWHERE = -1, BENEATH_NO_LINK = -2 };
int beneath_look(struct beneath *b, int dir, const char *name, struct stat *st, int *to);

/* What a link tells those who see it from another place: a path from its directory that
   target_keeps (TARGET_MOST + 1 bytes), its own text if that is such a path. fd and name
   are the link as for readlinkat(2), dir is its directory as a path from the root, to as
   above. Returns 0, or -1: it can only be followed. */
int beneath_target(struct beneath *b, int fd, const char *name, const char *dir, int to,
                   char *out);

/* Is what fd names in the tree (now)? 1, or 0 and errno: EXDEV, ENOENT (removed). */
int beneath_has(struct beneath *b, int fd);

/* The name of what is in the tree (NINEP_NAME + 1 bytes), "/" of the root. Returns 0, or
   -1 as beneath_has. */
int beneath_name(struct beneath *b, int fd, char *name);

/* The directory that fd (of a file or a link) is in, as an O_PATH descriptor, and its
   name there (NINEP_NAME + 1 bytes). Returns -1 and errno: ENOENT (removed), EXDEV, EBUSY
   (the root). */
int beneath_place(struct beneath *b, int fd, char *name);

/* For the files of this theme alone: one name, no `..`, and a link is not followed; fd,
   or -1 ENOENT and it is closed, if it is in the mount that is shut; what is behind the
   root in an absolute path, without slashes before it, or 0 EXDEV. */
int beneath_step(struct beneath *b, int dir, const char *name);
int beneath_not_shut(struct beneath *b, int fd);
const char *beneath_rest(struct beneath *b, const char *path);

#endif

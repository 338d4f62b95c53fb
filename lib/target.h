/* target: what a symbolic link says to the other side of a duct: a path, from the
   directory that the link is in, by which nobody leaves the tree. */
#ifndef TARGET_H
#define TARGET_H

#include "ninep.h"

enum { TARGET_MOST = 4095 /* bytes, as of any link */ };

/* May a link say this, in a directory that is so many names below the root? The path is
   relative, its `..` come first and are not more than that; "", a NUL, a name of more
   than NINEP_NAME bytes, and more than TARGET_MOST of all are no path. `.` and slashes,
   one or more, also at the end, mean nothing. */
int target_keeps(const struct ninep_text *t, unsigned depth);

/* How many names there are in a path from the root; "" is the root. */
unsigned target_depth(const char *path);

/* The path from a directory to a file, both as above, that target_keeps (TARGET_MOST + 1
   bytes). Returns 0, or -1 ENAMETOOLONG. */
int target_between(char *out, const char *dir, const char *to);

#endif

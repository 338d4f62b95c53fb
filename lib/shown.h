/* shown: the names of a tree that are there for a peer, by patterns. */
#ifndef SHOWN_H
#define SHOWN_H

enum { SHOWN_MOST = 64 /* patterns */ };

struct shown {
    unsigned count; /* 0: all is there */
    const char *pattern[SHOWN_MOST];
};

/* One more pattern, a path from the root whose names are each as for fnmatch(3); a name
   that begins with a dot is not meant by `*` or `?`, and `.` fits nothing. It is kept by
   pointer. Returns 0, or -1 and errno: EINVAL (it is empty, or a name in it is), E2BIG
   (there are too many). */
int shown_add(struct shown *s, const char *pattern);

/* Is a file there, by its path from the root? It is when a pattern fits, or fits a
   directory that it is below; and each directory on the way to what a pattern could fit.
   The root, "", always is. */
int shown_has(const struct shown *s, const char *path, int is_directory);

#endif

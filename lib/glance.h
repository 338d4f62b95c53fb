/* glance: a directory as it was at one moment, for who asks of many of its names one
   after another. The entries are kept as they came in 9P, and found by name. */
#ifndef GLANCE_H
#define GLANCE_H

#include <stddef.h>
#include <stdint.h>

#include "ninep.h"

enum {
    GLANCE_MOST = 2097152, /* bytes of a directory; a larger one is not kept */
    GLANCE_HIDES = 8192
};

/* All zero: nothing. */
struct glance {
    unsigned char *bytes;
    size_t length, size;
    uint32_t *table; /* where an entry begins, and 1 */
    size_t places;
    uint64_t *hidden; /* hashes */
    size_t hides;
};

/* The next n bytes of the directory, whole entries. Returns 0, or -1: EPROTO, EFBIG,
   ENOMEM. */
int glance_add(struct glance *g, const void *bytes, size_t n);

/* Is there such an entry? Its texts live as long as the glance, and until the next add.
 */
int glance_find(const struct glance *g, const char *name, struct ninep_stat *s);

/* What it says, or will say, of this name is not true any more; of another one, too, now
   and then. Returns 0, or -1: ENOMEM, ENOSPC (there are too many). */
int glance_hide(struct glance *g, const char *name);
int glance_hides(const struct glance *g, const char *name);

void glance_close(struct glance *g);

#endif

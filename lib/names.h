/* names: a set of strings, numbered from 0 in the order they came. */
#ifndef NAMES_H
#define NAMES_H

#include <limits.h>
#include <stddef.h>

#define NAMES_NONE UINT_MAX

struct names_slot {
    unsigned hash, number; /* number + 1; 0: free */
};

/* All zero is the empty set. */
struct names {
    char **text; /* by number */
    unsigned count;
    struct names_slot *slot;
    unsigned slots;
    struct names_block *block; /* the strings; in the newest one there are */
    size_t left;               /* this many bytes left */
};

/* The number of text, which is added (copied) when it is new: then the number is what
   count was. NAMES_NONE with errno ENOMEM when there is no memory. */
unsigned names_add(struct names *n, const char *text);

/* The number of text, or NAMES_NONE. */
unsigned names_find(const struct names *n, const char *text);

void names_free(struct names *n);

/* Room for one more element of size bytes behind the first have ones of an array that is
   grown by this function only, from 0 on. Returns the array, perhaps elsewhere, or 0 with
   errno ENOMEM and the old one untouched. */
void *names_grow(void *array, size_t have, size_t size);

#endif

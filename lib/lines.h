/* lines: bytes from a peer become lines, by vlab-protocol(7)'s rules: CR or LF ends a
   line, empty lines are nothing, BS and DEL rub out, 1024 characters count and the rest
   is dropped. A NUL byte is kept as SUB (26), so that no line can end early. Allocates
   nothing, trusts nothing. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>

enum { LINES_MAX = 1024 };

struct lines {
    size_t length; /* so far */
    int whole;     /* text is a whole line: the next call begins a new one */
    char text[LINES_MAX + 1];
};

/* Feed n bytes (all zero struct at first). Stops behind the first byte that ends a
   non-empty line: then l->whole is 1 and l->text the line, NUL-terminated, until the next
   call. Returns how many bytes it took; call again with the rest. */
size_t lines_feed(struct lines *l, const char *data, size_t n);

#endif

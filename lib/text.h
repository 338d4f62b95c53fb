/* text: what an administrator says to people, on its way into a roll. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

/* Copy text into out (size bytes); control characters, newlines too, become spaces.
   Returns 0, or -1 E2BIG when it does not fit. */
int text_copy(char *out, size_t size, const char *text);

#endif

/* text: what people say and read, on its way into a roll and out of it. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

/* Copy text into out (size bytes); control characters, newlines too, become spaces.
   Returns 0, or -1 E2BIG when it does not fit. */
int text_copy(char *out, size_t size, const char *text);

enum { TEXT_TIME = 32 };

/* A time in Unix seconds as people here read it, YYYY-MM-DD HH:MM:SS, into out (TEXT_TIME
 * bytes). Returns out. */
char *text_time(char *out, long long seconds);

#endif

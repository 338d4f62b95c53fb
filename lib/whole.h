/* whole: a file read from its beginning to its end. */
#ifndef WHOLE_H
#define WHOLE_H

#include <stddef.h>

/* Read the file into *text (malloc; the caller frees it) and its length into *size; it
   may be a pipe. Returns 0, or -1 and errno: EFBIG when it has more than max bytes. */
int whole_read(const char *path, size_t max, char **text, size_t *size);

#endif

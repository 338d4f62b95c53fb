/* bits: a copy of an uploaded bit file in its user's home, the zlib stream as it came. It
   is written as .upload-PID.biz and gets its name when it is whole, so what is there is
   complete. A process makes one at a time. */
#ifndef BITS_H
#define BITS_H

#include <stddef.h>

/* Begin a copy in directory home, to be called YYYY-MM-DD--HH-MM-SS--BOARD-BID.biz by the
   local time of now. Returns 0, or -1 and errno (nothing was begun): EINVAL when board or
   bid has a slash. */
int bits_begin(const char *home, const char *board, const char *bid);

/* Add n bytes. Returns 0, or -1 and errno: then the copy is given up. Nothing (0) when
   none was begun. */
int bits_add(const char *data, size_t n);

/* It is whole: give it its name. Returns 0, or -1 and errno: then it is given up. */
int bits_end(void);

/* Give it up, if one was begun. Safe in a signal handler. */
void bits_drop(void);

#endif

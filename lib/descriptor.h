/* descriptor: our own descriptors, by their numbers. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stddef.h>

/* Close what is above 2, but these n (-1: none). Returns 0, or -1 and errno. */
int descriptor_close(const int *but, size_t n);

/* The same above 2, close-on-exec, in the place of fd, which is close-on-exec and may be
   0, 1 or 2. Returns it, or -1 and errno: then fd is closed. */
int descriptor_raise(int fd);

/* Put /dev/null, for reading and writing, in the place of fd, whether it is open or not;
   it stays open through exec(2). Returns 0, or -1 and errno. */
int descriptor_null(int fd);

#endif

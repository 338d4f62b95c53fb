/* rolls: the names of all rolls of a kind. */
#ifndef ROLLS_H
#define ROLLS_H

#include <dirent.h>

/* Open the directory KIND below the state directory. Returns 0 and errno on error; to be
   closed with closedir. */
DIR *rolls_open(const char *kind);

/* The next name, valid until the next call; 0 at the end, or with errno set on error. */
const char *rolls_next(DIR *rolls);

#endif

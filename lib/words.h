/* words: a command of the config, taken apart without a shell. White space separates
   words; '...' and "..." keep it and each other, nothing else has a meaning but % and a
   letter, also in quotes, which stand for a value that is never split, and %% for %. The
   first word is the program: an absolute path or a plain name, and no value. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

/* Where a program that is a plain name is looked for: for root and the boards, and for
   those who call a launcher. */
#define WORDS_PATH        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define WORDS_PATH_CALLER "/usr/local/bin:/usr/bin:/bin"

enum { WORDS_MAX = 64 }; /* words of a command */

/* Could words_split take text with these letters behind %? Returns 0, or -1 with *what
   saying what is wrong (static storage). */
int words_check(const char *text, const char *letters, const char **what);

/* Split text into argv (WORDS_MAX + 1 pointers, the last is 0), the words themselves into
   room of size bytes. %X is replaced by the value at the place X has in letters. Returns
   how many words, or -1: EINVAL as words_check, E2BIG when room is too small. */
int words_split(const char *text, const char *letters, const char *const *values,
                char *room, size_t size, char **argv);

#endif

/* wordlist: the words of a command, as a peer says them one after the other; bounded. */
#ifndef WORDLIST_H
#define WORDLIST_H

#include <stddef.h>

enum { WORDLIST_MAX = 1024, WORDLIST_BYTES = 131072 /* of all, each with its NUL */ };

struct wordlist { /* all zero at first */
    unsigned count;
    int open;     /* the last word has begun, more of it comes */
    int too_much; /* more came than there is room for, and was dropped */
    size_t used;
    char *word[WORDLIST_MAX + 1]; /* the one behind the last is 0 */
    char bytes[WORDLIST_BYTES];
};

/* The words that a list has room for, for people. */
#define WORDLIST_LIMIT "1024 words, 128 kB in all"

/* Has a list room for these words, the last of which is 0? 1 or 0. */
int wordlist_fits(char *const *words);

/* Take n bytes of a word; part: more of it comes. */
void wordlist_add(struct wordlist *l, const char *data, size_t n, int part);

/* None. */
void wordlist_clear(struct wordlist *l);

#endif

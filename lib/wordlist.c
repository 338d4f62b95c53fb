#include "wordlist.h"

#include <string.h>

void wordlist_clear(struct wordlist *l)
{
    l->count = 0;
    l->open = l->too_much = 0;
    l->used = 0;
    l->word[0] = 0;
}

int wordlist_fits(char *const *words)
{
    size_t n, left = WORDLIST_BYTES;
    unsigned i;
    for (i = 0; words[i]; i++) {
        n = strlen(words[i]);
        if (i == WORDLIST_MAX || n >= left)
            return 0;
        left -= n + 1;
    }
    return 1;
}

void wordlist_add(struct wordlist *l, const char *data, size_t n, int part)
{
    /* Behind what is there so far a NUL must have room. */
    if (l->too_much || n >= WORDLIST_BYTES - l->used ||
        (!l->open && l->count == WORDLIST_MAX)) {
        l->too_much = 1;
        return;
    }
    if (!l->open) {
        l->word[l->count++] = l->bytes + l->used;
        l->word[l->count] = 0;
    }
    memcpy(l->bytes + l->used, data, n);
    l->used += n;
    l->open = part;
    if (!part)
        l->bytes[l->used++] = 0;
}

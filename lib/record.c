#include "record.h"

#include <errno.h>
#include <string.h>

#include <fmt.h>

int record_add(struct record *r, const char *word, const char *value)
{
    size_t n = strlen(word), m = strlen(value);
    char *at;

    if (!stralloc_readyplus(&r->value, n + m + 2)) {
        errno = ENOMEM;
        return -1;
    }
    at = r->value.s + r->value.len;
    memcpy(at, word, n);
    at[n] = ' ';
    memcpy(at + n + 1, value, m);
    at[n + 1 + m] = '\n';
    r->value.len += n + m + 2;
    return 0;
}

int record_put(struct record *r, const char *kind, const char *name)
{
    size_t n = strlen(kind) + (*name != 0) + strlen(name);
    char sizes[2 * FMT_ULONG + 3], *at = sizes;

    *at++ = '+';
    at += fmt_ulong(at, n);
    *at++ = ',';
    at += fmt_ulong(at, r->value.len);
    *at++ = ':';
    fwrite_unlocked(sizes, 1, (size_t)(at - sizes), r->out);
    fputs_unlocked(kind, r->out);
    if (*name)
        putc_unlocked(':', r->out);
    fputs_unlocked(name, r->out);
    fputs_unlocked("->", r->out);
    fwrite_unlocked(r->value.s, 1, r->value.len, r->out);
    putc_unlocked('\n', r->out);
    r->value.len = 0;
    return ferror(r->out) ? -1 : 0;
}

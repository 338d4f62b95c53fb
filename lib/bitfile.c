#include "bitfile.h"

#include <errno.h>
#include <string.h>

static const unsigned char magic[] = {0, 9}, one[] = {0, 1};
enum { FIELD = 9 };

/* What has not been parsed yet. */
struct rest {
    const unsigned char *at;
    size_t left;
};

/* The next n bytes; 0 when there are not so many. */
static const unsigned char *take(struct rest *r, size_t n)
{
    const unsigned char *at = r->at;

    if (n > r->left)
        return 0;
    r->at += n;
    r->left -= n;
    return at;
}

static int take_these(struct rest *r, const unsigned char *these, size_t n)
{
    const unsigned char *at = take(r, n);

    return at && memcmp(at, these, n) == 0 ? 0 : -1;
}

static int take_number(struct rest *r, unsigned bytes, size_t *number)
{
    const unsigned char *at = take(r, bytes);

    if (!at)
        return -1;
    for (*number = 0; bytes; --bytes)
        *number = *number << 8 | *at++;
    return 0;
}

static int take_string(struct rest *r, unsigned char key, char *out)
{
    const unsigned char *at;
    size_t n, i;

    if (take_these(r, &key, 1) < 0 || take_number(r, 2, &n) < 0 || !(at = take(r, n)) ||
        n == 0 || at[n - 1])
        return -1;
    for (i = 0; i < BITFILE_TEXT - 1 && at[i]; ++i)
        out[i] = (char)(at[i] > ' ' && at[i] <= '~' ? at[i] : '_');
    out[i] = 0;
    if (i == 0)
        strcpy(out, "-");
    else if (*out == '-')
        *out = '_';
    return 0;
}

int bitfile_parse(struct bitfile *b, const void *head, size_t n, size_t size)
{
    struct rest r = {head, n < BITFILE_HEAD ? n : BITFILE_HEAD};

    if (take_these(&r, magic, sizeof magic) < 0 || !take(&r, FIELD) ||
        take_these(&r, one, sizeof one) < 0 || take_string(&r, 'a', b->design) < 0 ||
        take_string(&r, 'b', b->part) < 0 || take_string(&r, 'c', b->date) < 0 ||
        take_string(&r, 'd', b->time) < 0 ||
        take_these(&r, (const unsigned char *)"e", 1) < 0 ||
        take_number(&r, 4, &b->bits) < 0 || b->bits == 0 ||
        size - (size_t)(r.at - (const unsigned char *)head) != b->bits) {
        errno = EPROTO;
        return -1;
    }
    return 0;
}

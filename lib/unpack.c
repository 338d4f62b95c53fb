#include "unpack.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { PIECE = 16384 };

int unpack_open(struct unpack *u, size_t limit)
{
    memset(u, 0, sizeof *u);
    u->limit = limit;
    if (inflateInit(&u->z) == Z_OK)
        return 0;
    errno = ENOMEM;
    return -1;
}

static int fail(int e)
{
    errno = e;
    return -1;
}

int unpack_feed(struct unpack *u, const void *data, size_t n,
                int (*put)(void *arg, const void *piece, size_t n), void *arg)
{
    unsigned char piece[PIECE];
    size_t some;
    int result;

    if (n > UINT_MAX)
        return fail(EFBIG);
    if (n && u->ended)
        return fail(EPROTO);
    u->z.next_in = data;
    u->z.avail_in = (uInt)n;
    /* A full piece may have left more to come out of what has been read. */
    do {
        u->z.next_out = piece;
        u->z.avail_out = sizeof piece;
        result = inflate(&u->z, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR)
            return fail(ENOMEM);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return fail(EPROTO);
        some = sizeof piece - u->z.avail_out;
        if (some > u->limit - u->got)
            return fail(EFBIG);
        u->got += some;
        if (some && put(arg, piece, some) < 0)
            return -1;
        u->ended = result == Z_STREAM_END;
    } while (!u->ended && (u->z.avail_in || !u->z.avail_out));
    return u->z.avail_in ? fail(EPROTO) : 0;
}

void unpack_close(struct unpack *u)
{
    inflateEnd(&u->z);
}

/* unpack: a zlib stream (RFC 1950), unpacked in bounded memory as it comes. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stddef.h>

#define ZLIB_CONST
#include <zlib.h>

struct unpack {
    z_stream z;
    size_t limit, got; /* unpacked bytes: the most there may be, those there were */
    int ended;         /* the stream is complete and its checksum is right */
};

/* Begin. Returns 0, or -1 ENOMEM. */
int unpack_open(struct unpack *u, size_t limit);

/* Unpack n bytes more; what comes out goes to put in pieces (0, or -1 and errno to stop).
   Returns 0, or -1: EPROTO (no zlib stream, or something behind its end), EFBIG (more
   than limit; the piece that would exceed it is not put), ENOMEM, or as put. After -1
   there is only unpack_close. */
int unpack_feed(struct unpack *u, const void *data, size_t n,
                int (*put)(void *arg, const void *piece, size_t n), void *arg);

void unpack_close(struct unpack *u);

#endif

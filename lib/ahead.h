/* ahead: reads before they are asked for. A file that is read from one end to the other
   has a window of chunks ahead of its reader, which grows while they come at once and
   shrinks when they take long: then more of them would only stand before what others
   ask. Knows nothing of how a chunk is read. */
#ifndef AHEAD_H
#define AHEAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
    AHEAD_CHUNKS = 64, /* at a time, of all files */
    AHEAD_QUICK = 100, /* milliseconds in which a chunk comes at once */
    AHEAD_PIECES = 8   /* chunks that one read may touch */
};

enum ahead_state { AHEAD_FREE, AHEAD_ASKED, AHEAD_HERE, AHEAD_ORPHAN };

struct ahead_chunk {
    struct ahead_chunk *next; /* of the file, by offset; or free */
    enum ahead_state state;   /* an orphan is asked for, and nobody wants it any more */
    uint64_t offset;
    uint32_t count;
    const unsigned char *at; /* the bytes: own, or still where they came */
    unsigned char *own;      /* room for them, taken once */
    long long when;          /* it was asked for, then: it came */
    void *by;                /* the caller's */
};

struct ahead_pool {
    struct ahead_chunk chunk[AHEAD_CHUNKS], *free;
    uint32_t unit;    /* bytes of a chunk */
    unsigned streams; /* files with a window */
    long long fresh;  /* milliseconds that a chunk is believed */
};

/* Of one open file; all zero at first. */
struct ahead {
    struct ahead_chunk *first, *last;
    uint64_t next;   /* where a read would go on */
    unsigned window; /* chunks, 0: none */
    int begun;       /* reads in a row, up to 2 */
};

void ahead_open(struct ahead_pool *p, uint32_t unit, long long fresh);
void ahead_close(struct ahead_pool *p);

/* The reader asks for this. Chunks that lie behind him or are too old now are given
   back. */
void ahead_see(struct ahead_pool *p, struct ahead *a, uint64_t offset, uint32_t count,
               long long now);

/* The next chunk to ask for, of a file of so many bytes; 0: none. It counts as asked for
   until ahead_came. */
struct ahead_chunk *ahead_want(struct ahead_pool *p, struct ahead *a, uint64_t length,
                               long long now);

/* It could not be asked for: as if it had not been wanted. It is the last one. */
void ahead_unask(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c);

/* A chunk has come, n bytes at bytes; or, bytes 0, an error. Returns 1, or 0 when nobody
   wants it: it is free. What is still there when ahead_keep is called is copied; before
   that it lives where it came. */
int ahead_came(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c,
               const void *bytes, uint32_t n, long long now);
void ahead_keep(struct ahead_pool *p, struct ahead *a, struct ahead_chunk *c);

/* Do the chunks hold all of a read? AHEAD_FREE: no; AHEAD_ASKED: they will; AHEAD_HERE.
 */
enum ahead_state ahead_holds(const struct ahead *a, uint64_t offset, uint32_t count);

/* The pieces of a read they hold. Returns how many. */
int ahead_pieces(const struct ahead *a, uint64_t offset, uint32_t count,
                 struct iovec v[AHEAD_PIECES]);

/* A read was answered: give back the chunks that end in it. */
void ahead_passed(struct ahead_pool *p, struct ahead *a, uint64_t offset, uint32_t count);

/* Give back all: the file is written or closed. The window closes. */
void ahead_drop(struct ahead_pool *p, struct ahead *a);

#endif

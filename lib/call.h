/* call: T messages that wait for their answers. Each of them hears once: the answer, or
   an error, after which nothing of it comes any more. */
#ifndef CALL_H
#define CALL_H

#include "wire.h"

enum {
    CALL_TAGS = 1024,
    CALL_LAST = 64,               /* tags that are only for Tflush and Tclunk */
    CALL_SMALL = 4 * NINEP_MSIZE, /* bytes that no few messages without data exceed */
    CALL_NONE = NINEP_NOTAG
};

/* r: the answer, of the type that was hoped for; or 0 and the errno e of an Rerror, of a
   Tflush that was faster (EINTR), or of the end. */
typedef void call_heard(void *arg, unsigned which, const struct ninep *r, int e);

struct call {
    call_heard *heard; /* 0: the tag is free, or it has heard and its flush has not */
    void *arg;
    unsigned which;
    uint8_t type;
    uint16_t flush;        /* the tag of the Tflush of it, CALL_NONE: there is none */
    uint16_t flushes;      /* the tag that is flushed by it */
    uint16_t next;         /* free ones; first come, first used */
    uint16_t newer, older; /* of all Tflush that are not answered */
    long long since;
};

struct calls {
    struct wire *wire;
    struct call call[CALL_TAGS + 1]; /* the last one: the ring's end */
    uint16_t first, last;            /* free */
    unsigned frees;
    long long answered; /* when something older than the oldest Tflush was */
};

void calls_open(struct calls *c, struct wire *w);

/* Is there room for a few messages and so many bytes of data? */
int call_room(const struct calls *c, unsigned messages, size_t data);

/* Say t; its tag is set. Returns the tag, or -1: EAGAIN (no room), EMSGSIZE (too long for
   this peer). */
int call_say(struct calls *c, struct ninep *t, call_heard *heard, void *arg,
             unsigned which);

/* Flush a call that has not heard. Returns 0, or -1 EAGAIN. */
int call_flush(struct calls *c, unsigned tag);

/* An R. Returns 0, or -1 EPROTO: to no question, or of the wrong type. */
int call_take(struct calls *c, const struct ninep *r);

/* How many are not answered. */
unsigned call_pending(const struct calls *c);

/* Since when a Tflush waits for its answer, which is due at once: the oldest, from when
   it was said, or from when something that was asked before it was last answered; -1:
   none does. */
long long call_waits(const struct calls *c);

/* All that wait hear of this errno; their tags stay taken. */
void calls_end(struct calls *c, int e);

#endif

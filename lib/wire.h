/* wire: the one connection of a duct. Messages of both directions share it: T of our
   mount and R of our exporter go out, each from a queue of its own, and whichever has had
   less of late goes first, so that the bulk of one does not stop the other. Whole
   messages come in. Memory is taken once. Never waits, but for wire_flush. */
#ifndef WIRE_H
#define WIRE_H

#include <poll.h>

#include "ninep.h"

enum wire_way { WIRE_T, WIRE_R, WIRE_WAYS };

enum {
    WIRE_MSIZE = 131072 + NINEP_IOHEADER, /* what we offer */
    WIRE_QUEUE = 16 * WIRE_MSIZE,         /* bytes of a queue */
    WIRE_IN = 4 * WIRE_MSIZE              /* bytes that have come and were not taken */
};

/* The five bytes that end one direction, the NUL among them: no message has this type,
   and it has no tag. */
#define WIRE_CLOSE "\5\0\0\0"

/* Bytes at to end have not gone out; when end is before at, those to wrap, and then those
   from the beginning to end. No message is broken there. */
struct wire_queue {
    unsigned char *bytes;
    size_t at, end, wrap;
    size_t room; /* where the last wire_room was */
    size_t left; /* bytes of the message that is on its way, 0: none is */
};

struct wire {
    int in, out; /* may be the same */
    int how;     /* out is written, see sink_how */
    int socket;  /* is in one? */
    int ended;   /* the peer has ended the connection */
    int error;   /* errno of the write(2) that failed, 0: none did; what is said then is
                    lost, but something may still come in */
    int balance; /* bytes that T has had more than R of late, negative: R more */
    uint32_t most[WIRE_WAYS]; /* bytes of a message, by who asks in that dialogue: T of
                                 ours and its R, R of ours and its T; WIRE_MSIZE until
                                 that is agreed on */
    unsigned char *bytes;     /* of in */
    size_t at, end;
    struct wire_queue q[WIRE_WAYS];
    long long heard;              /* when something last came, by dial_now */
    unsigned long long got, sent; /* bytes, for the statistics */
    unsigned long long messages_got, messages_sent;
};

/* Both descriptors stay the caller's. Whether they block does not matter, but pipes that
   do take only a few bytes at a time. Returns 0, or -1 ENOMEM. SIGPIPE must be ignored.
 */
int wire_open(struct wire *w, int in, int out);
void wire_close(struct wire *w);

/* Room for a message of n bytes that goes this way, where it is packed in place; 0 when
   the queue is full. With wire_put it is said, n bytes or fewer, as many as
   its first four bytes say; no other call may come between the two. */
unsigned char *wire_room(struct wire *w, enum wire_way way, size_t n);
void wire_put(struct wire *w, enum wire_way way, size_t n);

/* Pack and say; the data of an Rread or a Twrite, too. Returns 0, or -1 ENOBUFS, EMSGSIZE
   (above what the peer takes). */
int wire_say(struct wire *w, enum wire_way way, const struct ninep *m);

/* Our mount is gone: say the five bytes, behind all its T. Nothing more goes that way.
   Returns as wire_say. */
int wire_end(struct wire *w);

/* The longest message for which there is room now. */
size_t wire_free(const struct wire *w, enum wire_way way);

/* Bytes that were said and have not gone out. */
size_t wire_queued(const struct wire *w);

/* What to wait for by poll(2), in p[2]. */
void wire_poll(const struct wire *w, struct pollfd *p);

/* Read what is there and write what goes. Returns 1, 0 when the peer has ended the
   connection, or -1 and errno of the read(2). Then, in each of these cases, take what is
   there with wire_next. */
int wire_move(struct wire *w, const struct pollfd *p);

/* Write what goes, without waiting for wire_poll: for what was just said. */
void wire_write(struct wire *w);

/* Nobody hears us any more, for this reason. */
void wire_fail(struct wire *w, int e);

enum wire_what { WIRE_NOTHING, WIRE_MESSAGE, WIRE_CLOSED, WIRE_GARBAGE };

/* The next whole message, parsed; it lives until the next wire_move. WIRE_CLOSED: the
   five bytes. WIRE_GARBAGE: a size below 7 or above what may come, a type that is none,
   lengths that do not fit; the connection cannot be used any more. */
enum wire_what wire_next(struct wire *w, struct ninep *m);

/* Write all that was said. Returns 0, or -1: ETIMEDOUT at the deadline (of dial_now), or
   as from write(2). */
int wire_flush(struct wire *w, long long deadline);

#endif

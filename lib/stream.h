/* stream: one end of a connection of a launcher: three byte streams, numbered as the
   descriptors of a command, and the frames of the dialogue beside them. Each stream has
   its own credit, given by who takes it: so none stops another, nor the dialogue, and no
   more is kept of it than STREAM_WINDOW bytes. Only stream_flush waits. */
#ifndef STREAM_H
#define STREAM_H

#include <poll.h>
#include <stddef.h>

#include "frame.h"
#include "sink.h"

enum {
    STREAM_WINDOW = 262144, /* the credit each stream begins with */
    STREAM_IN = 4 * FRAME_MAX,
    STREAM_RESERVED = 4096, /* bytes of out that the data leaves to the rest */
    STREAM_OUT = 4 * FRAME_MAX + STREAM_RESERVED,
    STREAM_POLL = 2 + FRAME_STREAMS
};

enum stream_way { STREAM_IDLE, STREAM_SENDS, STREAM_TAKES };

struct stream {
    enum stream_way way;
    int from;         /* of sending, -1: over */
    struct sink sink; /* of taking */
    int failed;       /* of sending: errno of the read(2) that failed, 0: none did */
    int refused;      /* of taking: the peer knows that no more will be taken */
    size_t credit;    /* bytes that may still be sent, by us or by him */
    size_t owed;      /* of taking: credit to give back */
};

struct streams {
    int in, out; /* the connection */
    int how;     /* out is written, see sink_how */
    int error;   /* errno of the write(2) to it that failed, 0: none did; what we say
                    then is lost */
    int lost;
    struct stream s[FRAME_STREAMS];
    size_t in_at, in_have, out_at, out_have;
    char in_bytes[STREAM_IN], out_bytes[STREAM_OUT];
    char ring[2][STREAM_WINDOW]; /* streams 0 and 1 are never both taken */
};

/* A connection; in and out may be the same, and may block. */
void stream_open(struct streams *c, int in, int out);

/* From now on send stream n, what can be read from fd; or take it, and write it to fd. It
   is closed when it has ended, or the peer wants no more. */
void stream_send(struct streams *c, unsigned n, int fd);
void stream_take(struct streams *c, unsigned n, int fd);

/* Say a line, cut to what a line may be, what is not printable ASCII as '?'; or a word of
   length bytes (at most FRAME_PAYLOAD; part: more of it comes). Returns 0, or -1 ENOBUFS:
   the peer does not read. */
int stream_say(struct streams *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int stream_word(struct streams *c, const char *word, size_t length, int part);

/* What to wait for by poll(2), in p[STREAM_POLL]; unless listen, nothing that the peer
   sends. */
void stream_poll(struct streams *c, struct pollfd *p, int listen);

/* Move what can be moved. Returns 1, 0 when the peer has ended the connection, or -1 and
   errno when it cannot be read. Then take what is there with stream_next. */
int stream_move(struct streams *c, const struct pollfd *p);

/* The next frame that is not of a stream, until the next stream_move. Returns 1, 0 when
   there is none, or -1 EPROTO: the peer breaks the rules. */
int stream_next(struct streams *c, struct frame *f);

/* How many bytes have been said and have not gone out? */
size_t stream_pending(const struct streams *c);

/* Is stream n over: all of it sent, or all that came of it written? 1 or 0. */
int stream_over(const struct streams *c, unsigned n);

/* Nothing more comes: streams that we take end behind what has come. */
void stream_finish(struct streams *c);

/* The connection is over: of the streams we send all is read and thrown away, those we
   take are closed. Don't listen any more. */
void stream_lose(struct streams *c);

/* Wait until all that was said has gone out; at most until the deadline (of dial_now, -1:
   never). Returns 0, or -1: ETIMEDOUT, or as from write(2). */
int stream_flush(struct streams *c, long long deadline);

#endif

/* frame: what goes over a connection of a launcher, see vlab-protocol(7): one byte of
   type, three of length, most significant first, and the payload. */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <sys/types.h>

enum {
    FRAME_HEAD = 4,
    FRAME_PAYLOAD = 16384, /* the longest payload */
    FRAME_MAX = FRAME_HEAD + FRAME_PAYLOAD,
    FRAME_LINE_MAX = 1023, /* bytes of a line */
    FRAME_STREAMS = 3,
    FRAME_CREDIT_SIZE = 5 /* bytes of the payload of a credit */
};

enum frame_type {
    FRAME_LINE = 'l',   /* a line of the dialogue, without its newline: printable ASCII */
    FRAME_WORD = 'w',   /* a word of the command, or the last part of one; no NUL in it */
    FRAME_PART = 'p',   /* a part of a word, of which more comes */
    FRAME_DATA = '0',   /* '0', '1', '2': bytes of that stream; none: its end */
    FRAME_CREDIT = 'c', /* stream and number: so many bytes more of it will be taken */
    FRAME_CLOSE = 'x'   /* stream: no more of it will be taken */
};

struct frame {
    enum frame_type type;
    unsigned stream; /* of FRAME_DATA, FRAME_CREDIT and FRAME_CLOSE */
    size_t credit;   /* of FRAME_CREDIT */
    size_t length;
    const char *data; /* within the bytes that were parsed */
};

/* The frame that these n bytes begin with. Returns how many bytes it is, 0 when more of
   them must come first, or -1 EPROTO: no frame begins so. Says no as soon as it can, so
   that FRAME_MAX bytes are always enough. */
ssize_t frame_parse(struct frame *f, const char *bytes, size_t n);

/* Write the head of a frame into out (FRAME_HEAD bytes); stream is added to FRAME_DATA.
 */
void frame_head(char *out, enum frame_type type, unsigned stream, size_t length);

/* Write the payload of a credit into out (FRAME_CREDIT_SIZE bytes). */
void frame_credit(char *out, unsigned stream, size_t credit);

#endif

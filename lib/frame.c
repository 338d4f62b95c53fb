#include "frame.h"

#include <errno.h>
#include <string.h>

static size_t number(const unsigned char *at, unsigned bytes)
{
    size_t n = 0;
    while (bytes--)
        n = n << 8 | *at++;
    return n;
}

/* The type, and how long a payload it may have. Returns -1 when there is no such type. */
static int limits(unsigned char type, struct frame *f, size_t *least, size_t *most)
{
    *least = 0;
    *most = FRAME_PAYLOAD;
    f->type = type;
    switch (type) {
    case FRAME_LINE:
        *least = 1;
        *most = FRAME_LINE_MAX;
        return 0;
    case FRAME_PART:
        *least = 1;
        return 0;
    case FRAME_WORD:
        return 0;
    case FRAME_CREDIT:
        *least = *most = FRAME_CREDIT_SIZE;
        return 0;
    case FRAME_CLOSE:
        *least = *most = 1;
        return 0;
    default:
        f->type = FRAME_DATA;
        f->stream = type - (unsigned)FRAME_DATA;
        return f->stream < FRAME_STREAMS ? 0 : -1;
    }
}

static int is_line(const char *data, size_t n)
{
    while (n && *data >= ' ' && *data <= '~') {
        data++;
        n--;
    }
    return n == 0;
}

/* What kind of bytes a payload must be. */
static int check(struct frame *f)
{
    const unsigned char *payload = (const unsigned char *)f->data;
    if (f->type == FRAME_LINE)
        return is_line(f->data, f->length) ? 0 : -1;
    if (f->type == FRAME_WORD || f->type == FRAME_PART)
        return memchr(f->data, 0, f->length) ? -1 : 0;
    if (f->type == FRAME_DATA)
        return 0;
    f->stream = payload[0] - (unsigned)FRAME_DATA;
    if (f->type == FRAME_CREDIT)
        f->credit = number(payload + 1, FRAME_CREDIT_SIZE - 1);
    return f->stream < FRAME_STREAMS ? 0 : -1;
}

ssize_t frame_parse(struct frame *f, const char *bytes, size_t n)
{
    const unsigned char *head = (const unsigned char *)bytes;
    size_t least, most;
    memset(f, 0, sizeof *f);
    if (n && limits(head[0], f, &least, &most) < 0)
        goto none;
    if (n < FRAME_HEAD)
        return 0;
    f->length = number(head + 1, FRAME_HEAD - 1);
    if (f->length < least || f->length > most)
        goto none;
    if (n < FRAME_HEAD + f->length)
        return 0;
    f->data = bytes + FRAME_HEAD;
    if (check(f) < 0)
        goto none;
    return (ssize_t)(FRAME_HEAD + f->length);
none:
    errno = EPROTO;
    return -1;
}

static void put(char *out, size_t n, unsigned bytes)
{
    while (bytes--) {
        out[bytes] = (char)(n & 0xff);
        n >>= 8;
    }
}

void frame_head(char *out, enum frame_type type, unsigned stream, size_t length)
{
    out[0] = (char)(type == FRAME_DATA ? FRAME_DATA + stream : type);
    put(out + 1, length, FRAME_HEAD - 1);
}

void frame_credit(char *out, unsigned stream, size_t credit)
{
    out[0] = (char)(FRAME_DATA + stream);
    put(out + 1, credit, FRAME_CREDIT_SIZE - 1);
}

/* fuzz-frame: frames of a launcher's connection, one behind the other. */
#include "fuzz-main.h"

#include <string.h>

#include "frame.h"

/* The first n bytes of them, which end where their memory ends. */
static ssize_t parse_prefix(const uint8_t *data, size_t n)
{
    char *copy = malloc(n ? n : 1);
    struct frame f;
    ssize_t k;

    MUST(copy);
    memcpy(copy, data, n);
    k = frame_parse(&f, copy, n);
    free(copy);
    return k;
}

/* Fewer bytes say nothing, or no if all say no; once it is no it stays no. */
static void check_prefixes(const uint8_t *data, size_t n, ssize_t k)
{
    size_t most = k > 0 ? (size_t)k - 1 : n, m;
    ssize_t last = 0, now;

    for (m = 0; m <= most; m += m < 2 * FRAME_HEAD || most - m < 16 ? 1 : most - m - 8) {
        now = parse_prefix(data, m);
        MUST(now == 0 || (now == -1 && k < 0));
        MUST(now <= last);
        last = now;
    }
    MUST(k > 0 || last == k);
}

static void check_frame(const struct frame *f, const uint8_t *bytes, ssize_t k)
{
    char head[FRAME_HEAD], credit[FRAME_CREDIT_SIZE];
    size_t i;

    MUST(k == (ssize_t)(FRAME_HEAD + f->length) && k <= FRAME_MAX);
    MUST(f->data == (const char *)bytes + FRAME_HEAD);
    MUST(f->stream < FRAME_STREAMS);
    frame_head(head, f->type, f->stream, f->length);
    MUST(!memcmp(head, bytes, sizeof head));
    if (f->type == FRAME_LINE) {
        MUST(f->length > 0 && f->length <= FRAME_LINE_MAX);
        for (i = 0; i < f->length; ++i)
            MUST(f->data[i] >= ' ' && f->data[i] <= '~');
    } else if (f->type == FRAME_WORD || f->type == FRAME_PART)
        MUST(!memchr(f->data, 0, f->length));
    else if (f->type == FRAME_CREDIT) {
        frame_credit(credit, f->stream, f->credit);
        MUST(f->length == sizeof credit && !memcmp(credit, f->data, sizeof credit));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct frame f;
    ssize_t k;

    do {
        k = frame_parse(&f, (const char *)data, n);
        check_prefixes(data, n, k);
        MUST(k != 0 || n < FRAME_MAX);
        if (k > 0) {
            check_frame(&f, data, k);
            data += k;
            n -= (size_t)k;
        }
    } while (k > 0);
    return 0;
}

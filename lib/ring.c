/* A text is written before the header that counts it, so a writer killed between the two
   leaves nothing but a record that the next one writes again. Readers do not take the
   gate, for a thousand of them come at once: a record that a writer is just overwriting
   shows another number than the one looked for, and is not handed out. */
#include "ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "roll.h"
#include "text.h"

/* Microseconds since 1970, for who reads the file. */
static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* The number of the next text; the first is 1. Returns 0 or -1. */
static int next_number(const struct roll *r, unsigned long long *n)
{
    char header[ROLL_TEXT];

    if (roll_header(r, header) == -1)
        return -1;
    *n = strtoull(header, 0, 10);
    if (*n == 0)
        *n = 1;
    return 0;
}

static int append(struct roll *r, const char *text)
{
    char record[ROLL_TEXT], header[32];
    unsigned long long n;

    if (next_number(r, &n) == -1)
        return -1;
    snprintf(record, sizeof record, "%llu %lld %s", n, now(), text);
    if (roll_write(r, 1 + n % RING_KEPT, record) == -1)
        return -1;
    snprintf(header, sizeof header, "%llu", n + 1);
    return roll_set_header(r, header);
}

int ring_say(const char *kind, const char *name, const char *text)
{
    char clean[RING_TEXT];
    struct roll r;
    int result, error;

    if (text_copy(clean, sizeof clean, text) ||
        roll_open(&r, kind, name, ROLL_CREATE) == -1)
        return -1;
    result = roll_gate(&r);
    if (result == 0)
        result = append(&r, clean);
    error = errno;
    roll_close(&r);
    errno = error;
    return result;
}

/* Text n into text. Returns 1, 0 or -1. */
static int look(const struct roll *r, unsigned long long n, char *text)
{
    char record[ROLL_TEXT], *at;
    size_t length;

    if (roll_read(r, 1 + n % RING_KEPT, record) == -1)
        return -1;
    if (strtoull(record, &at, 10) != n || *at != ' ')
        return 0;
    at = strchr(at + 1, ' ');
    if (!at)
        return 0;
    length = strlen(at + 1);
    if (length >= RING_TEXT)
        length = RING_TEXT - 1;
    memcpy(text, at + 1, length);
    text[length] = 0;
    return 1;
}

int ring_begin(const char *kind, const char *name, unsigned long long *last)
{
    struct roll r;
    int result, error;

    *last = 0;
    if (roll_open(&r, kind, name, ROLL_READ) == -1)
        return errno == ENOENT ? 0 : -1;
    result = next_number(&r, last);
    if (result == 0)
        --*last;
    error = errno;
    roll_close(&r);
    errno = error;
    return result;
}

int ring_next(const char *kind, const char *name, unsigned long long *last, char *text)
{
    struct roll r;
    unsigned long long n, end;
    int result, error;

    if (roll_open(&r, kind, name, ROLL_READ) == -1)
        return errno == ENOENT ? 0 : -1;
    result = next_number(&r, &end);
    if (result == 0) {
        /* Somebody has removed the ring, and it was made again. */
        if (end <= *last)
            *last = 0;
        n = end > RING_KEPT ? end - RING_KEPT : 1;
        if (n <= *last)
            n = *last + 1;
        for (; result == 0 && n < end; n++) {
            result = look(&r, n, text);
            if (result == 1)
                *last = n;
        }
    }
    error = errno;
    roll_close(&r);
    errno = error;
    return result;
}

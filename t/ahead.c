/* ahead: lib/ahead, with a file that is made up. `ahead stream MS`: read it from one end
   to the other, where a chunk takes MS milliseconds to come; says how many chunks were on
   their way at most, and how many reads were not served ahead. `ahead share N`: N of them
   by turns. `ahead hop`: reads here and there; says how many chunks were asked for.
   `ahead any [SEED]`: whatever may happen, in random order. */
#include "ahead.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { UNIT = 4096, CHUNKS = 2000, FILES = 8, STEPS = 200000 };

static struct ahead_pool pool;
static struct ahead file[FILES];
static uint64_t length = (uint64_t)UNIT * CHUNKS;
static unsigned asked, missed, most, reads;
static long long now, delay;

static struct {
    struct ahead_chunk *chunk;
    struct ahead *file;
} coming[AHEAD_CHUNKS];
static unsigned count;

static unsigned char byte_at(uint64_t at)
{
    return (unsigned char)(at * 2654435761u >> 16);
}

static void ask(struct ahead *a)
{
    struct ahead_chunk *c;
    while ((c = ahead_want(&pool, a, length, now))) {
        coming[count].chunk = c;
        coming[count++].file = a;
        asked++;
    }
    if (count > most)
        most = count;
}

/* One comes, with n bytes, or an error. */
static void come(unsigned i, int error, uint32_t n)
{
    static unsigned char bytes[UNIT];
    struct ahead_chunk *c = coming[i].chunk;
    struct ahead *a = coming[i].file;
    coming[i] = coming[--count];
    for (uint32_t b = 0; b < n; b++)
        bytes[b] = byte_at(c->offset + b);
    if (ahead_came(&pool, a, c, error ? 0 : bytes, n, now))
        ahead_keep(&pool, a, c);
    memset(bytes, 0, n);
}

static uint32_t whole(unsigned i)
{
    uint64_t left = length - coming[i].chunk->offset;
    return left < UNIT ? (uint32_t)left : UNIT;
}

static void check(const struct ahead *a, uint64_t offset, uint32_t n)
{
    struct iovec v[AHEAD_PIECES];
    int pieces = ahead_pieces(a, offset, n, v);
    uint32_t got = 0;
    for (int i = 0; i < pieces; i++)
        for (size_t b = 0; b < v[i].iov_len; b++, got++)
            if (((unsigned char *)v[i].iov_base)[b] != byte_at(offset + got))
                say_die(1, "byte %lu is not what it should be",
                        (unsigned long)(offset + got));
    if (got != n)
        say_die(1, "%u bytes of %u at %lu", got, n, (unsigned long)offset);
}

/* Read, and wait for what comes. */
static void take(struct ahead *a, uint64_t offset, uint32_t n)
{
    enum ahead_state state;
    if (n > length - offset)
        n = (uint32_t)(length - offset);
    reads++;
    ahead_see(&pool, a, offset, n, now);
    ask(a);
    while ((state = ahead_holds(a, offset, n)) == AHEAD_ASKED) {
        unsigned first = 0;
        for (unsigned i = 1; i < count; i++)
            if (coming[i].chunk->when < coming[first].chunk->when)
                first = i;
        if (now < coming[first].chunk->when + delay)
            now = coming[first].chunk->when + delay;
        come(first, 0, whole(first));
        ask(a);
    }
    if (state == AHEAD_FREE) {
        missed++;
        return;
    }
    check(a, offset, n);
    ahead_passed(&pool, a, offset, n);
}

static void stream(int files)
{
    for (uint64_t at = 0; at < length; at += UNIT)
        for (int i = 0; i < files; i++)
            take(&file[i], at, UNIT);
}

static void any(void)
{
    uint64_t at[FILES] = {0};
    for (int i = 0; i < STEPS; i++) {
        unsigned f = (unsigned)(random() % FILES), which;
        uint32_t n = (uint32_t)(1 + random() % (2 * UNIT));
        switch (random() % 12) {
        case 0:
            at[f] = (uint64_t)random() % length;
            break;
        case 1:
            if (random() % 20 == 0)
                ahead_drop(&pool, &file[f]);
            break;
        case 2:
        case 3:
        case 4:
            if (!count)
                break;
            which = (unsigned)(random() % count);
            n = whole(which);
            come(which, random() % 50 == 0, random() % 20 ? n : (uint32_t)(random() % n));
            break;
        case 5:
            now += random() % 100;
            break;
        default:
            if (at[f] >= length)
                at[f] = 0;
            if (n > length - at[f])
                n = (uint32_t)(length - at[f]);
            ahead_see(&pool, &file[f], at[f], n, now);
            ask(&file[f]);
            if (ahead_holds(&file[f], at[f], n) == AHEAD_HERE) {
                check(&file[f], at[f], n);
                ahead_passed(&pool, &file[f], at[f], n);
            }
            at[f] += n;
        }
    }
}

int main(int argc, char **argv)
{
    unsigned long n = 0;
    unsigned left = 0;
    say_name("ahead", "ahead stream MS | share N | hop | any [SEED]");
    if (argc > 2 && say_number(argv[2], 0, 4294967295ul, &n))
        say_usage();
    ahead_open(&pool, UNIT, 1000000);
    if (argc == 3 && !strcmp(argv[1], "stream")) {
        delay = (long long)n;
        stream(1);
        printf("%u at once, %u of %u missed\n", most, missed, reads);
    } else if (argc == 3 && !strcmp(argv[1], "share") && n <= FILES) {
        stream((int)n);
        printf("%u of %u missed\n", missed, reads);
    } else if (argc == 2 && !strcmp(argv[1], "hop")) {
        for (uint64_t i = 0; i < CHUNKS; i++)
            take(&file[0], i * 7919 % CHUNKS * UNIT, UNIT);
        printf("%u asked for\n", asked);
    } else if (argc >= 2 && !strcmp(argv[1], "any")) {
        if (argc < 3)
            n = (unsigned long)time(0) ^ (unsigned long)getpid();
        printf("seed %lu\n", n);
        srandom((unsigned)n);
        any();
    } else
        say_usage();
    for (int i = 0; i < FILES; i++)
        ahead_drop(&pool, &file[i]);
    while (count)
        come(0, 0, whole(0));
    for (struct ahead_chunk *c = pool.free; c; c = c->next)
        left++;
    if (left != AHEAD_CHUNKS || pool.streams)
        say_die(1, "%u chunks came back, %u streams are left", left, pool.streams);
    ahead_close(&pool);
    return 0;
}

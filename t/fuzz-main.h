/* fuzz-main: runs a target t/fuzz-NAME.c where libFuzzer does not (tools/fuzz):
   `fuzz-NAME COUNT SEED FILE...` tries the files as they are, and then COUNT things that
   are nearly one of them. The seed is printed first (0: another one each time); the same
   seed tries the same things. Whatever is not as it should be ends in abort(3). */
#ifndef FUZZ_MAIN_H
#define FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target: one input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MUST(what)                                                                       \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);           \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#ifndef FUZZER

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FUZZ_SIZE = 65536, FUZZ_FILES = 64 };

static struct fuzz_file {
    size_t n;
    uint8_t *data;
} fuzz_file[FUZZ_FILES];
static int fuzz_files;
static uint64_t fuzz_state;

static size_t fuzz_below(size_t n)
{
    fuzz_state ^= fuzz_state << 13;
    fuzz_state ^= fuzz_state >> 7;
    fuzz_state ^= fuzz_state << 17;
    return n ? (fuzz_state >> 11) % n : 0;
}

/* Its bytes end where their memory ends, so that one too many is seen. */
static void fuzz_try(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    MUST(copy);
    memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void fuzz_read(const char *path)
{
    struct fuzz_file *f = &fuzz_file[fuzz_files++];
    FILE *in = fopen(path, "r");

    MUST(fuzz_files <= FUZZ_FILES && in);
    f->data = malloc(FUZZ_SIZE);
    MUST(f->data);
    f->n = fread(f->data, 1, FUZZ_SIZE, in);
    MUST(!ferror(in));
    fclose(in);
}

/* Put a piece into data of n bytes. Returns the new n. */
static size_t fuzz_insert(uint8_t *data, size_t n, size_t at, const uint8_t *piece,
                          size_t size)
{
    if (size > FUZZ_SIZE - n)
        size = FUZZ_SIZE - n;
    memmove(data + at + size, data + at, n - at);
    memcpy(data + at, piece, size);
    return n + size;
}

/* Change data of n bytes a little. Returns the new n. */
static size_t fuzz_mutate(uint8_t *data, size_t n)
{
    static const uint8_t numbers[] = {0, 1, 2, 4, 63, 64, 127, 128, 254, 255};
    const struct fuzz_file *other = &fuzz_file[fuzz_below((size_t)fuzz_files)];
    size_t at = fuzz_below(n + 1), size = fuzz_below(n - at + 1), i;
    uint8_t piece[256];

    switch (fuzz_below(8)) {
    case 0: /* flip a bit */
        if (at < n)
            data[at] ^= (uint8_t)(1 << fuzz_below(8));
        return n;
    case 1: /* another byte */
        if (at < n)
            data[at] = (uint8_t)fuzz_below(256);
        return n;
    case 2: /* a number that may be a limit */
        for (i = fuzz_below(4); at < n && i < 4; ++i, ++at)
            data[at] = numbers[fuzz_below(sizeof numbers)];
        return n;
    case 3: /* cut a piece out */
        memmove(data + at, data + at + size, n - at - size);
        return n - size;
    case 4: /* cut the end off */
        return fuzz_below(4) ? n : at;
    case 5: /* noise */
        size = 1 + fuzz_below(fuzz_below(2) ? 4 : sizeof piece);
        for (i = 0; i < size; ++i)
            piece[i] = (uint8_t)fuzz_below(256);
        return fuzz_insert(data, n, at, piece, size);
    case 6: /* a piece once more */
        size = size < sizeof piece ? size : sizeof piece;
        memcpy(piece, data + at, size);
        return fuzz_insert(data, n, fuzz_below(n + 1), piece, size);
    default: /* a piece of another one */
        i = fuzz_below(other->n + 1);
        return fuzz_insert(data, n, at, other->data + i, fuzz_below(other->n - i + 1));
    }
}

static void fuzz_one(void)
{
    static uint8_t data[FUZZ_SIZE];
    const struct fuzz_file *f = &fuzz_file[fuzz_below((size_t)fuzz_files)];
    size_t n = f->n, times;

    memcpy(data, f->data, n);
    for (times = 1 + fuzz_below(8); times; --times)
        n = fuzz_mutate(data, n);
    fuzz_try(data, n);
}

int main(int argc, char **argv)
{
    unsigned long count, seed;
    int i;

    if (argc < 4) {
        fprintf(stderr, "usage: %s COUNT SEED FILE...\n", argv[0]);
        return 100;
    }
    count = strtoul(argv[1], 0, 10);
    seed = strtoul(argv[2], 0, 10);
    if (seed == 0)
        seed = ((unsigned long)time(0) << 16 ^ (unsigned long)getpid()) & 0x7fffffff;
    printf("seed %lu\n", seed);
    fflush(stdout);
    for (i = 3; i < argc; ++i) {
        fuzz_read(argv[i]);
        fuzz_try(fuzz_file[i - 3].data, fuzz_file[i - 3].n);
    }
    for (fuzz_state = seed * 0x9e3779b97f4a7c15u + 1; count; --count)
        fuzz_one();
    for (i = 0; i < fuzz_files; ++i)
        free(fuzz_file[i].data);
    return 0;
}

#endif
#endif

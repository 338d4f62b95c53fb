/* bit: make a bit file for the tests. `bit [-z] DESIGN PART BYTES [SEED]` writes a .bit
   file with BYTES bytes of bits to descriptor 1; -z: as the zlib stream that is uploaded.
   The seed (1) decides which bits; the same words make the same file. `bit -p` packs
   whatever comes on descriptor 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "say.h"

enum { PIECE = 16384 };

static int packing;
static z_stream z;

static void put(const void *data, size_t n)
{
    if (fwrite(data, 1, n, stdout) != n)
        say_die_errno("unable to write");
}

/* Write n bytes as they are, or packed; the last time with flush Z_FINISH. */
static void add(const void *data, size_t n, int flush)
{
    unsigned char out[PIECE];

    if (!packing) {
        put(data, n);
        return;
    }
    z.next_in = data;
    z.avail_in = (uInt)n;
    do {
        z.next_out = out;
        z.avail_out = sizeof out;
        if (deflate(&z, flush) == Z_STREAM_ERROR)
            say_die(SAY_SYSTEM, "unable to pack");
        put(out, sizeof out - z.avail_out);
    } while (z.avail_out == 0);
}

static void add_number(unsigned long number, int bytes)
{
    unsigned char byte;

    while (bytes--) {
        byte = (unsigned char)(number >> 8 * bytes);
        add(&byte, 1, Z_NO_FLUSH);
    }
}

static void add_string(char key, const char *text)
{
    add(&key, 1, Z_NO_FLUSH);
    add_number(strlen(text) + 1, 2);
    add(text, strlen(text) + 1, Z_NO_FLUSH);
}

static void add_bits(unsigned long n, uint64_t state)
{
    unsigned char bits[PIECE];
    size_t some, i;

    for (; n; n -= some) {
        some = n < sizeof bits ? n : sizeof bits;
        for (i = 0; i < some; ++i) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            /* As in a real one, most of it is empty. */
            bits[i] = state >> 60 ? 0 : (unsigned char)(state >> 20);
        }
        add(bits, some, Z_NO_FLUSH);
    }
}

static void make(const char *design, const char *part, unsigned long bytes,
                 unsigned long seed)
{
    static const unsigned char head[] = {0,    9,    0x0f, 0xf0, 0x0f, 0xf0, 0x0f,
                                         0xf0, 0x0f, 0xf0, 0,    0,    1};

    add(head, sizeof head, Z_NO_FLUSH);
    add_string('a', design);
    add_string('b', part);
    add_string('c', "2026/11/21");
    add_string('d', "12:34:56");
    add("e", 1, Z_NO_FLUSH);
    add_number(bytes, 4);
    add_bits(bytes, seed * 0x9e3779b97f4a7c15u + 1);
}

static void pack(void)
{
    char piece[PIECE];
    size_t n;

    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
        add(piece, n, Z_NO_FLUSH);
    if (ferror(stdin))
        say_die_errno("unable to read");
}

int main(int argc, char **argv)
{
    unsigned long bytes, seed = 1;
    int c, what = 0;

    say_name("bit", "bit [-z] DESIGN PART BYTES [SEED]\nbit -p");
    while ((c = say_options(argc, argv, "pz")) != -1)
        what = c;
    argv += optind;
    argc -= optind;
    if (what == 'p' ? argc != 0
                    : (argc != 3 && argc != 4) ||
                          say_number(argv[2], 0, 0xffffffff, &bytes) < 0 ||
                          (argc == 4 && say_number(argv[3], 0, ~0ul, &seed) < 0) ||
                          strlen(argv[0]) > 65534 || strlen(argv[1]) > 65534)
        say_usage();
    packing = what != 0;
    if (packing && deflateInit(&z, Z_DEFAULT_COMPRESSION) != Z_OK)
        say_die(SAY_SYSTEM, "unable to pack");
    if (what == 'p')
        pack();
    else
        make(argv[0], argv[1], bytes, seed);
    if (packing) {
        add("", 0, Z_FINISH);
        deflateEnd(&z);
    }
    if (fflush(stdout) != 0)
        say_die_errno("unable to write");
    return SAY_DONE;
}

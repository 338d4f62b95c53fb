/* follow [SEED]: dialogues of a client and a board in random pieces. However the bytes
   come, lib/follow must see the same commands and the same bit files, and let through
   every byte that the board is ready for. The seed is printed. */
#include "follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5000, STEPS = 30, LONGEST = 16384 };

static char client[LONGEST], said[LONGEST], expected[LONGEST], seen[LONGEST];
static size_t client_length;

static void add(char *to, const char *text)
{
    strcat(to, text);
}

static void client_says(const char *data, size_t n)
{
    memcpy(client + client_length, data, n);
    client_length += n;
}

/* Make a dialogue: what the client sends, and what is to be seen of it. Every line the
   board answers to is answered when its last byte has come, in `answer`. */
static int make(void)
{
    static const char *const ends[] = {"\n", "\r", "\r\n"};
    char line[64], bits[200];
    int uart = 0;

    client_length = 0;
    *expected = 0;
    for (int i = (int)(random() % STEPS); i >= 0 && !uart; --i) {
        const char *end = ends[random() % 3];
        int what = (int)(random() % 7);
        size_t n = 1 + (size_t)random() % sizeof bits;

        if (what == 0)
            snprintf(line, sizeof line, "check");
        else if (what == 1)
            snprintf(line, sizeof line, "setuart 0 %d", i);
        else if (what == 2)
            snprintf(line, sizeof line, "rem keep alive");
        else if (what == 3)
            snprintf(line, sizeof line, "loadbits no");
        else if (what == 4)
            snprintf(line, sizeof line, "useuart 7");
        else if (what == 5)
            snprintf(line, sizeof line, "LOADBITS %zu", 8 * n);
        else {
            snprintf(line, sizeof line, "useuart 0");
            uart = i == 0;
            if (!uart)
                continue;
        }
        add(expected, line);
        add(expected, "\n");
        client_says(line, strlen(line));
        client_says(end, strlen(end));
        if (what != 5)
            continue;
        for (size_t k = 0; k < n; ++k)
            bits[k] = (char)random();
        bits[0] =
            'x'; /* as every zlib stream begins; a line end would be taken for one */
        client_says(bits, n);
        snprintf(line, sizeof line, "<%zu>\n", n);
        add(expected, line);
    }
    return uart;
}

/* The board's answer to a command. */
static void answer(const char *line)
{
    unsigned long bits;

    if (!strncmp(line, "rem", 3))
        return;
    if (sscanf(line, "LOADBITS %lu", &bits) == 1)
        sprintf(said + strlen(said), "loadready 1 %lu text\n", bits);
    else if (!strcmp(line, "check"))
        add(said, "boardinfo x\nfpgainfo 0 a b\nactivityinfo 0 0\nprogramok 1\n");
    else if (!strcmp(line, "useuart 0"))
        add(said, "usinguart\n");
    else
        add(said, random() % 2 ? "ok fine\n" : "error nouart no\r\n");
}

/* Play it. Returns 1 when usinguart came. */
static int play(void)
{
    struct follow f;
    enum follow_event event;
    size_t at = 0, heard = 0, bits = 0;
    int uart = 0, stuck = 0;

    memset(&f, 0, sizeof f);
    *said = *seen = 0;
    while (!uart && stuck < 1000) {
        size_t n = 1 + (size_t)random() % 40, left = strlen(said) - heard;

        stuck++;
        if (random() % 2) {
            n = n < client_length - at ? n : client_length - at;
            n = follow_client(&f, client + at, n, &event);
            at += n;
            stuck = n ? 0 : stuck;
            if (event == FOLLOW_COMMAND) {
                add(seen, f.client.text);
                add(seen, "\n");
                answer(f.client.text);
            } else if (event == FOLLOW_BITS) {
                bits += n;
                if (!f.left) {
                    sprintf(seen + strlen(seen), "<%zu>\n", bits);
                    add(said, "loaded 1 1\n");
                    bits = 0;
                }
            }
        } else if (left) {
            heard += follow_board(&f, said + heard, n < left ? n : left, &event);
            uart = event == FOLLOW_UART;
            stuck = 0;
        }
    }
    if (at != client_length && !uart)
        add(seen, "stuck\n");
    return uart;
}

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], 0, 10) : (unsigned)getpid();

    printf("seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < ROUNDS; ++i) {
        int uart = make();

        if (play() != uart || strcmp(seen, expected)) {
            printf("round %d: expected\n%sseen\n%s", i, expected, seen);
            return 1;
        }
    }
    return 0;
}

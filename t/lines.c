/* lines [SEED]: the rules of lib/lines and lib/message, case by case, and then many
   random inputs against a second, plain way to say the same. The seed is printed. */
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

enum { ROUNDS = 20000, LONGEST = 4096 };

static int failures;

#define CHECK(what)                                                                      \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            printf("%d: not so: %s\n", __LINE__, #what);                                 \
            failures++;                                                                  \
        }                                                                                \
    } while (0)

#include "lines-twice.h"

static void check_lines(const char *data, size_t n, const char *expected)
{
    char out[64];

    for (size_t step = 1; step <= n; ++step) {
        read_lines(data, n, step, out);
        if (strcmp(out, expected)) {
            printf("%zu bytes at a time: expected %s, not %s\n", step, expected, out);
            failures++;
        }
    }
}

static void check_split(const char *line, int max, int count, const char *last)
{
    char text[64], *words[4];

    strcpy(text, line);
    CHECK(message_split(text, words, max) == count);
    CHECK(!strcmp(words[max - 1], last));
    for (int i = count; i < max; ++i)
        CHECK(!*words[i]);
}

static void check_cases(void)
{
    char word[16];

    check_lines("one\ntwo\rthree\r\nfour", 19, "one\ntwo\nthree\n");
    check_lines("\n\r\n\r\r\nx\n\n", 9, "x\n");
    check_lines("ab\bc\x7f\x7f\x7f\x7fxy\n", 12, "xy\n");
    check_lines("a\b\nb\n", 5, "b\n");
    check_lines("a\0b\n", 4,
                "a\x1a"
                "b\n");
    check_split("connect  s3esk\twait 5 ", 4, 4, "5");
    check_split("rem the rest  of it \r", 2, 2, "the rest  of it");
    check_split("  \t ", 3, 0, "");
    check_split("", 2, 0, "");
    check_split("quit", 2, 1, "");
    CHECK(message_is("LoadBits", "loadbits") && !message_is("loadbit", "loadbits"));
    CHECK(message_is_quit("Exit") && message_is_quit("quit") && message_is_quit("BYE") &&
          message_is_quit("logoff") && !message_is_quit("quitx") && !message_is_quit(""));
    CHECK(message_is_end("ok") && message_is_end("error busy x") &&
          message_is_end("ENDLIST") && message_is_end("usinguart") &&
          message_is_end("loadready 1 80 x") && message_is_end("loaded 1 1") &&
          message_is_end("activityinfo 0 0"));
    CHECK(!message_is_end("programok 1") && !message_is_end("programfailed 1 denied") &&
          !message_is_end("userinfo 0 1 ok 1") && !message_is_end("okay") &&
          !message_is_end("") && !message_is_end("rem ok"));
    for (int i = 0; i < MESSAGE_CODE_COUNT; ++i) {
        CHECK((int)message_find(message_code(i)) == i && *message_text(i));
        strcpy(word, message_code(i));
        *word -= 'a' - 'A';
        CHECK((int)message_find(word) == i);
    }
    CHECK(MESSAGE_CODE_COUNT == 33 + 3);
    CHECK(message_find("busyx") == MESSAGE_CODE_COUNT);
    CHECK(message_find("") == MESSAGE_CODE_COUNT);
}

/* A random input: noise, words of the protocol, line ends, rub-outs, a long run. */
static size_t mutate(char *data)
{
    static const char *const words[] = {"connect ", "loadbits 80", "\r\n", "\n",  "\r",
                                        "\b\b\b",   "\x7f",        "rem ", " ok", "\t"};
    size_t n = 0, limit = 1 + (size_t)random() % LONGEST;

    while (n < limit) {
        int what = (int)(random() % 8);
        size_t some = (size_t)random() % (what == 0 ? 1500 : 20);
        const char *word = words[random() % 10];

        if (what > 3) {
            some = strlen(word);
            some = some < limit - n ? some : limit - n;
            memcpy(data + n, word, some);
        } else {
            char c = (char)random();
            some = some < limit - n ? some : limit - n;
            for (size_t i = 0; i < some; ++i)
                data[n + i] = what < 2 ? c : (char)random();
        }
        n += some;
    }
    return n;
}

static void check_random(void)
{
    static char data[LONGEST], out[2 * LONGEST], expected[2 * LONGEST];

    for (int i = 0; i < ROUNDS && !failures; ++i) {
        size_t n = mutate(data),
               step = 1 + (size_t)random() % (random() % 2 ? 7 : LONGEST);
        size_t length = read_lines(data, n, step, out);

        CHECK(length == expect_lines(data, n, expected) &&
              !memcmp(out, expected, length));
        for (char *line = strtok(out, "\n"); line; line = strtok(0, "\n"))
            split_anything(line, 1 + (int)(random() % 5));
    }
}

int main(int argc, char **argv)
{
    unsigned seed = argc > 1 ? (unsigned)strtoul(argv[1], 0, 10) : (unsigned)getpid();

    printf("seed %u\n", seed);
    srandom(seed);
    check_cases();
    check_random();
    return failures != 0;
}

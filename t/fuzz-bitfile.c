/* fuzz-bitfile: the header of a bit file. An input is a file. */
#include "fuzz-main.h"

#include <string.h>

#include "bitfile.h"

static void check_word(const char *word)
{
    size_t n = strnlen(word, BITFILE_TEXT), i;

    MUST(n > 0 && n < BITFILE_TEXT);
    for (i = 0; i < n; ++i)
        MUST(word[i] > ' ' && word[i] <= '~');
    MUST(*word != '-' || n == 1);
}

/* The header of n bytes is its four strings, and nothing else. */
static void check_fields(const uint8_t *data, size_t n)
{
    size_t at = 13, length;
    const char *key;

    for (key = "abcd"; *key; ++key) {
        MUST(at + 3 <= n && data[at] == *key);
        length = (size_t)data[at + 1] << 8 | data[at + 2];
        at += 3 + length;
        MUST(length > 0 && at <= n && data[at - 1] == 0);
    }
    MUST(at + 5 == n && data[at] == 'e');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bitfile b, again;
    size_t head = n < BITFILE_HEAD ? n : BITFILE_HEAD;

    memset(&b, 0, sizeof b);
    if (bitfile_parse(&b, data, head, n) < 0)
        return 0;
    check_word(b.design);
    check_word(b.part);
    check_word(b.date);
    check_word(b.time);
    MUST(b.bits > 0 && b.bits < n && n - b.bits <= BITFILE_HEAD);
    /* The header is enough, nothing less is, and the size must be right. */
    head = n - b.bits;
    check_fields(data, head);
    memset(&again, 0, sizeof again);
    MUST(bitfile_parse(&again, data, head, n) == 0 && !memcmp(&again, &b, sizeof b));
    MUST(bitfile_parse(&again, data, head - 1, n) < 0);
    MUST(bitfile_parse(&again, data, head, n - 1) < 0);
    MUST(bitfile_parse(&again, data, head, n + 1) < 0);
    return 0;
}

/* fuzz-lines: bytes from a peer become lines, and lines words. The first byte of an input
   is how many come at a time, 0 for all of them. */
#include "fuzz-main.h"

#include <string.h>

#define CHECK MUST
#include "lines-twice.h"

enum { LARGEST = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
    static char data[LARGEST], out[2 * LARGEST + 1], expected[2 * LARGEST + 1];
    size_t step, length;
    char *line;
    int most = 0;

    if (n < 1 || n > LARGEST)
        return 0;
    step = input[0] ? input[0] : LARGEST;
    memcpy(data, input + 1, --n);
    length = read_lines(data, n, step, out);
    MUST(length == expect_lines(data, n, expected) && !memcmp(out, expected, length));
    for (line = strtok(out, "\n"); line; line = strtok(0, "\n"))
        split_anything(line, 1 + most++ % 5);
    return 0;
}

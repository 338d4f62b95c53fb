/* lines-twice: what lib/lines makes of bytes, said in two ways. CHECK(WHAT) is the
   includer's. */
#ifndef LINES_TWICE_H
#define LINES_TWICE_H

#include <string.h>

#include "lines.h"
#include "message.h"

/* All lines of data, each followed by a newline, fed by at most step bytes a time. */
static size_t read_lines(const char *data, size_t n, size_t step, char *out)
{
    struct lines l = {0};
    size_t length = 0;

    for (size_t at = 0; at < n;) {
        size_t some = n - at < step ? n - at : step,
               took = lines_feed(&l, data + at, some);
        CHECK(took > 0 && took <= some);
        at += took;
        if (l.whole) {
            CHECK(l.length == strlen(l.text) && l.length > 0 && l.length <= LINES_MAX);
            memcpy(out + length, l.text, l.length);
            length += l.length;
            out[length++] = '\n';
        }
    }
    out[length] = 0;
    return length;
}

/* The same, said in another way: a line at a time, and nothing kept between bytes. */
static size_t expect_lines(const char *data, size_t n, char *out)
{
    size_t length = 0, start = 0;

    for (size_t at = 0; at < n; ++at) {
        if (data[at] == 8 || data[at] == 127) {
            if (length > start)
                length--;
        } else if (data[at] == '\r' || data[at] == '\n') {
            if (length > start) {
                out[length++] = '\n';
                start = length;
            }
        } else if (length - start < 1024)
            out[length++] = data[at] ? data[at] : 26;
    }
    out[start] = 0;
    return start;
}

/* Splitting finds at most so many words (5), which lie in the line one after the other.
 */
static void split_anything(char *line, int most)
{
    char *words[5], *end = line + strlen(line);
    int n = message_split(line, words, most);

    CHECK(n >= 0 && n <= most);
    for (int i = 0; i < n; ++i)
        CHECK(words[i] >= line && words[i] < end && *words[i] &&
              (i == 0 || words[i] > words[i - 1] + strlen(words[i - 1])));
    message_find(words[0]);
    message_is_end(words[0]);
}

#endif

#include "lines.h"

enum { BACKSPACE = 8, SUBSTITUTE = 26, DELETE = 127 };

size_t lines_feed(struct lines *l, const char *data, size_t n)
{
    if (l->whole) {
        l->whole = 0;
        l->length = 0;
    }
    for (size_t i = 0; i < n; i++) {
        char c = data[i];
        if (c == '\r' || c == '\n') {
            if (!l->length)
                continue;
            l->text[l->length] = 0;
            l->whole = 1;
            return i + 1;
        }
        if (c == BACKSPACE || c == DELETE) {
            if (l->length)
                l->length--;
        } else if (l->length < LINES_MAX) {
            l->text[l->length++] = c ? c : SUBSTITUTE;
        }
    }
    return n;
}

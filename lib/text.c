#include "text.h"

#include <errno.h>
#include <string.h>

int text_copy(char *out, size_t size, const char *text)
{
    size_t i, n = strlen(text);

    if (n >= size) {
        errno = E2BIG;
        return -1;
    }
    for (i = 0; i < n; ++i)
        out[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? ' ' : text[i];
    out[n] = 0;
    return 0;
}

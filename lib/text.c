#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

char *text_time(char *out, long long seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    if (!localtime_r(&t, &tm) || !strftime(out, TEXT_TIME, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(out, TEXT_TIME, "%lld", seconds);
    return out;
}

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { CHUNK = 16384, CHUNKS = 64 };

static void put(const struct output *o, const char *line)
{
    unsigned long more = o->count > OUTPUT_LINES ? o->count - OUTPUT_LINES : 0;
    char text[2 * OUTPUT_LAST];

    say_escape(text, sizeof text, line);
    if (more)
        say_info("%s: %lu lines more, the last: %s", o->what, more, text);
    else
        say_info("%s: %s", o->what, text);
}

static void take(struct output *o)
{
    if (o->lines.text[strspn(o->lines.text, " \t\v\f")])
        snprintf(o->last, sizeof o->last, "%.*s", OUTPUT_LAST - 1, o->lines.text);
    if (++o->count <= OUTPUT_LINES)
        put(o, o->lines.text);
}

static void add(struct output *o, const char *data, size_t n)
{
    size_t at = 0;

    while (at < n) {
        at += lines_feed(&o->lines, data + at, n - at);
        if (o->lines.whole)
            take(o);
    }
}

void output_read(struct output *o)
{
    static char data[CHUNK];
    ssize_t n;
    int i;

    for (i = 0; i < CHUNKS && o->fd >= 0; ++i) {
        n = read(o->fd, data, sizeof data);
        if (n > 0)
            add(o, data, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else {
            close(o->fd);
            o->fd = -1;
        }
    }
}

void output_end(struct output *o)
{
    add(o, "\n", 1);
    if (o->count > OUTPUT_LINES)
        put(o, o->last);
}

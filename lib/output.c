#include "output.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

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
        snprintf(o->last, sizeof o->last, "%s", o->lines.text);
    if (++o->count <= OUTPUT_LINES)
        put(o, o->lines.text);
}

void output_add(struct output *o, const char *data, size_t n)
{
    size_t at = 0;

    while (at < n) {
        at += lines_feed(&o->lines, data + at, n - at);
        if (o->lines.whole)
            take(o);
    }
}

void output_end(struct output *o)
{
    output_add(o, "\n", 1);
    if (o->count > OUTPUT_LINES)
        put(o, o->last);
}

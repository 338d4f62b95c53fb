#include "errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void errors_add(struct errors *e, unsigned line, const char *format, ...)
{
    va_list args;

    if (e->count < ERRORS_KEPT) {
        e->kept[e->count].line = line;
        va_start(args, format);
        vsnprintf(e->kept[e->count].what, ERRORS_TEXT, format, args);
        va_end(args);
    }
    e->count++;
}

static int by_line(const void *a, const void *b)
{
    const struct error *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return strcmp(x->what, y->what);
}

unsigned errors_sort(struct errors *e)
{
    unsigned n = e->count < ERRORS_KEPT ? e->count : ERRORS_KEPT;

    qsort(e->kept, n, sizeof *e->kept, by_line);
    return n;
}

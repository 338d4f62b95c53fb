#include "report.h"

/* RFC 8259, section 7; a byte that is not ASCII is taken for Latin-1. */
static void put_string(FILE *out, const char *text)
{
    const unsigned char *t;
    const char *plain = text;

    putc('"', out);
    for (t = (const unsigned char *)text; *t; ++t) {
        if (*t >= ' ' && *t <= '~' && *t != '"' && *t != '\\')
            continue;
        fwrite(plain, 1, (size_t)((const char *)t - plain), out);
        fprintf(out, "\\u%04x", *t);
        plain = (const char *)t + 1;
    }
    fwrite(plain, 1, (size_t)((const char *)t - plain), out);
    putc('"', out);
}

static void put_list(FILE *out, const char *key, struct conf_lines lines,
                     const char *word)
{
    char value[CONF_WORD];
    int n = 0;

    fprintf(out, ",\"%s\":[", key);
    while (conf_line(&lines, word, value)) {
        if (n++)
            putc(',', out);
        put_string(out, value);
    }
    putc(']', out);
}

static void put_sessions(FILE *out, const struct status_person *p, unsigned n)
{
    unsigned i;

    fputs(",\"sessions\":[", out);
    for (i = 0; i < n; ++i) {
        fprintf(out, "%s{\"pid\":%ld,\"host\":", i ? "," : "", p[i].pid);
        put_string(out, p[i].host);
        fprintf(out, ",\"since\":%lld}", p[i].since);
    }
    putc(']', out);
}

static void put_boards(FILE *out, const struct status *s)
{
    static const char *const words[] = {
        [BOARD_FREE] = "free", [BOARD_HELD] = "held", [BOARD_OFFLINE] = "offline"};
    const struct status_board *b;

    for (b = s->board; b < s->board + s->boards; ++b) {
        fputs(b == s->board ? "{\"address\":" : ",{\"address\":", out);
        put_string(out, b->address);
        fputs(",\"state\":", out);
        put_string(out, words[b->state]);
        if (b->state == BOARD_HELD) {
            fputs(",\"user\":", out);
            put_string(out, b->user);
            if (!s->asked)
                put_sessions(out, s->session + b->first, b->sessions);
        }
        if (b->until)
            fprintf(out, ",\"until\":%lld", b->until);
        putc('}', out);
    }
}

void report_json_begin(FILE *out)
{
    fputs("{\"pools\":[", out);
}

void report_json_pool(FILE *out, const char *pool, struct conf_lines lines,
                      const struct status *s, int first)
{
    const struct status_person *p;

    fputs(first ? "{\"name\":" : ",{\"name\":", out);
    put_string(out, pool);
    put_list(out, "groups", lines, "group");
    put_list(out, "users", lines, "user");
    fputs(",\"boards\":[", out);
    put_boards(out, s);
    fputs("],\"waiting\":[", out);
    for (p = s->waiter; p < s->waiter + s->waiters; ++p) {
        fputs(p == s->waiter ? "{\"user\":" : ",{\"user\":", out);
        put_string(out, p->user);
        fprintf(out, ",\"pid\":%ld,\"since\":%lld}", p->pid, p->since);
    }
    fputs("]}", out);
}

void report_json_end(FILE *out, const struct status *removed)
{
    fputs("],\"removed\":[", out);
    if (removed)
        put_boards(out, removed);
    fputs("]}\n", out);
}

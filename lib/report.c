#include "report.h"

#include <string.h>

#include "text.h"

/* What others have written, as far as it can be shown. */
static void put_plain(FILE *out, const char *text)
{
    for (; *text; ++text)
        putc(*text < ' ' || *text > '~' ? '?' : *text, out);
}

/* The pid, with its host unless that is this one. */
static void put_pid(FILE *out, const struct status_person *p)
{
    static char here[ROLL_HOST];

    if (!*here)
        roll_host(here);
    fprintf(out, " %ld", p->pid);
    if (strcmp(p->host, here) != 0) {
        putc('@', out);
        put_plain(out, p->host);
    }
}

static void put_sessions(FILE *out, const struct status *s, const struct status_board *b)
{
    const struct status_person *p = s->session + b->first;
    long long since;
    char text[TEXT_TIME];
    unsigned i;

    fprintf(out, "%u session%s", b->sessions, b->sessions == 1 ? "" : "s");
    if (s->asked)
        return;
    for (since = p->since, i = 1; i < b->sessions; ++i)
        if (p[i].since < since)
            since = p[i].since;
    fprintf(out, " since %s, pid%s", text_time(text, since), b->sessions == 1 ? "" : "s");
    for (i = 0; i < b->sessions; ++i)
        put_pid(out, p + i);
}

static void put_mark(FILE *out, const struct status_board *b)
{
    char text[TEXT_TIME];

    if (b->until)
        fprintf(out, "until %s%s", text_time(text, b->until), *b->reason ? ": " : "");
    put_plain(out, b->reason);
}

/* Widths of the columns. */
struct columns {
    int address, user;
};

static struct columns measure(const struct status *s)
{
    struct columns c = {0, 0};
    size_t i;
    int n;

    for (i = 0; i < s->boards; ++i) {
        n = (int)strlen(s->board[i].address);
        if (n > c.address)
            c.address = n;
        n = s->board[i].state == BOARD_HELD ? (int)strlen(s->board[i].user) : 0;
        if (n > c.user)
            c.user = n;
    }
    return c;
}

static void put_boards(FILE *out, const struct status *s)
{
    static const char *const words[] = {
        [BOARD_FREE] = "free", [BOARD_HELD] = "held", [BOARD_OFFLINE] = "offline"};
    struct columns c = measure(s);
    const struct status_board *b;

    for (b = s->board; b < s->board + s->boards; ++b) {
        if (b->state == BOARD_FREE) {
            fprintf(out, "  %-*s  free\n", c.address, b->address);
            continue;
        }
        fprintf(out, "  %-*s  %-7s", c.address, b->address, words[b->state]);
        if (b->state == BOARD_HELD) {
            fprintf(out, "  %-*s  ", c.user, b->user);
            put_sessions(out, s, b);
        }
        if (b->offline) {
            fputs(b->state == BOARD_HELD ? "; offline " : "  ", out);
            put_mark(out, b);
        }
        putc('\n', out);
    }
}

/* `WORDs A B C` into out: what stands in the record under the word. */
static int put_list(FILE *out, struct conf_lines lines, const char *word,
                    const char *before)
{
    char value[CONF_WORD];
    int n = 0;

    while (conf_line(&lines, word, value))
        if (n++ == 0)
            fprintf(out, "%s%ss %s", before, word, value);
        else
            fprintf(out, " %s", value);
    return n;
}

void report_pool(FILE *out, const char *pool, struct conf_lines lines,
                 const struct status *s)
{
    const struct status_person *p;
    char text[TEXT_TIME];
    int n;

    fputs(pool, out);
    n = put_list(out, lines, "group", " (");
    n += put_list(out, lines, "user", n ? ", " : " (");
    fputs(n ? ")\n" : "\n", out);
    put_boards(out, s);
    for (p = s->waiter; p < s->waiter + s->waiters; ++p) {
        fprintf(out, "  waiting  %s since %s, pid", p->user, text_time(text, p->since));
        put_pid(out, p);
        putc('\n', out);
    }
}

void report_removed(FILE *out, const struct status *s)
{
    if (s->boards == 0)
        return;
    fputs("no longer in the config\n", out);
    put_boards(out, s);
}

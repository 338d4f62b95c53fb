#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "say.h"

#define SPACE " \t\r\v\f"

static const char *const keys[PARSE_KEYS] = {"address", "group", "user"};

/* Where the reader is. */
enum {
    BEFORE, /* among the settings */
    POOL,
    LOST /* behind a header that was no good: its lines are checked, but belong to nobody
          */
};

struct reader {
    struct parse *p;
    int where;
    unsigned line;
    int failed; /* no memory */
    struct errors *errors;
};

/* A word of the config, fit to be shown. Good until the next call. */
static const char *shown(const char *text)
{
    static char out[96];

    return say_escape(out, sizeof out, text);
}

/* Cut white space off both ends. */
static char *trim(char *text)
{
    size_t n;

    text += strspn(text, SPACE);
    for (n = strlen(text); n && strchr(SPACE, text[n - 1]); n--)
        ;
    text[n] = 0;
    return text;
}

static void section(struct reader *r, char *line)
{
    struct parse *p = r->p;
    size_t n = strlen(line);
    unsigned known;
    void *grown;

    r->where = LOST;
    if (line[n - 1] != ']') {
        errors_add(r->errors, r->line, "bad section: write [NAME]");
        return;
    }
    line[n - 1] = 0;
    line = trim(line + 1);
    if (!conf_is_name(line)) {
        errors_add(r->errors, r->line,
                   "bad pool name \"%s\": it is 1 to %d characters of A-Z a-z 0-9 . _ -, "
                   "not beginning with . or -",
                   shown(line), CONF_NAME - 1);
        return;
    }
    known = names_find(&p->pools, line);
    if (known != NAMES_NONE) {
        errors_add(r->errors, r->line, "pool \"%s\" named twice, first in line %u", line,
                   p->pool[known].line);
        return;
    }
    grown = names_grow(p->pool, p->pools.count, sizeof *p->pool);
    if (grown)
        p->pool = grown;
    if (!grown || names_add(&p->pools, line) == NAMES_NONE) {
        r->failed = 1;
        return;
    }
    p->pool[p->pools.count - 1] =
        (struct parse_pool){.line = r->line, .first = p->entries, .end = p->entries};
    r->where = POOL;
}

static void number(struct reader *r, int which, const char *value)
{
    const struct conf_setting *s = &conf_settings[which];
    unsigned *line = &r->p->setting_line[which];
    unsigned long n;

    if (*line)
        errors_add(r->errors, r->line, "\"%s\" given twice, first in line %u", s->name,
                   *line);
    else if (say_number(value, s->min, s->max, &n) == 0)
        r->p->setting[which] = n;
    else
        errors_add(r->errors, r->line, "%s \"%s\": \"%s\" is a number from %lu to %lu",
                   errno == ERANGE ? "out of range" : "bad number", shown(value), s->name,
                   s->min, s->max);
    if (!*line)
        *line = r->line;
}

static void trust(struct reader *r, const char *value)
{
    char ip[ADDRESS_HOST];

    if (address_ip(value, ip) < 0)
        errors_add(r->errors, r->line, "bad address \"%s\": \"trust\" is an IP address",
                   shown(value));
    else if (names_add(&r->p->trust, ip) == NAMES_NONE)
        r->failed = 1;
}

/* A line of a pool into the name it stands for (CONF_ADDRESS bytes). */
static int entry_name(struct reader *r, unsigned key, const char *value, char *name)
{
    if (key != PARSE_ADDRESS) {
        if (conf_is_name(value)) {
            strcpy(name, value);
            return 0;
        }
        errors_add(r->errors, r->line,
                   "bad %s name \"%s\": it is 1 to %d characters of A-Z a-z 0-9 . _ -, "
                   "not beginning with . or -",
                   keys[key], shown(value), CONF_NAME - 1);
        return -1;
    }
    if (address_canonical(value, r->p->setting[CONF_PORT], name) == 0)
        return 0;
    if (errno == ERANGE)
        errors_add(r->errors, r->line,
                   "bad address \"%s\": a port is a number from 1 to 65535",
                   shown(value));
    else
        errors_add(r->errors, r->line,
                   "bad address \"%s\": write HOST, HOST:PORT, [IPV6] or [IPV6]:PORT",
                   shown(value));
    return -1;
}

static void entry(struct reader *r, unsigned key, const char *value)
{
    struct parse *p = r->p;
    struct parse_pool *pool = r->where == POOL ? &p->pool[p->pools.count - 1] : 0;
    char name[CONF_ADDRESS];
    unsigned known;
    void *grown;

    if (pool)
        pool->given[key]++;
    if (entry_name(r, key, value, name) < 0 || !pool)
        return;
    known = names_add(&p->names[key], name);
    grown = names_grow(p->entry, p->entries, sizeof *p->entry);
    if (grown)
        p->entry = grown;
    if (!grown || known == NAMES_NONE) {
        r->failed = 1;
        return;
    }
    p->entry[p->entries++] =
        (struct parse_entry){.key = key, .name = known, .line = r->line};
    pool->end = p->entries;
}

static void setting_or_entry(struct reader *r, const char *key, const char *value)
{
    unsigned i;

    for (i = 0; i < PARSE_KEYS; i++)
        if (strcmp(key, keys[i]) == 0) {
            if (r->where == BEFORE)
                errors_add(r->errors, r->line,
                           "\"%s\" before the first pool: write [NAME] first", key);
            else
                entry(r, i, value);
            return;
        }
    for (i = 0; i < CONF_SETTINGS && strcmp(key, conf_settings[i].name) != 0; i++)
        ;
    if (i == CONF_SETTINGS && strcmp(key, "trust") != 0)
        errors_add(r->errors, r->line, "unknown key \"%s\"", shown(key));
    else if (r->where != BEFORE)
        errors_add(r->errors, r->line,
                   "\"%s\" inside a pool: it belongs before the first [NAME]", key);
    else if (i == CONF_SETTINGS)
        trust(r, value);
    else
        number(r, (int)i, value);
}

static void one_line(struct reader *r, const char *text, size_t n)
{
    char copy[PARSE_LINE + 1], *line, *value;

    if (n > PARSE_LINE) {
        errors_add(r->errors, r->line, "line too long: at most %d characters",
                   PARSE_LINE);
        return;
    }
    if (memchr(text, 0, n)) {
        errors_add(r->errors, r->line, "NUL byte");
        return;
    }
    memcpy(copy, text, n);
    copy[n] = 0;
    copy[strcspn(copy, "#")] = 0;
    line = trim(copy);
    if (*line == 0)
        return;
    if (*line == '[') {
        section(r, line);
        return;
    }
    value = strchr(line, '=');
    if (!value) {
        errors_add(r->errors, r->line, "no \"=\": write KEY = VALUE");
        return;
    }
    *value++ = 0;
    line = trim(line);
    value = trim(value);
    if (*line == 0)
        errors_add(r->errors, r->line, "no key before \"=\"");
    else if (*value == 0)
        errors_add(r->errors, r->line, "\"%s\" has no value", shown(line));
    else
        setting_or_entry(r, line, value);
}

int parse_text(struct parse *p, const char *text, size_t size, struct errors *errors)
{
    struct reader r = {.p = p, .errors = errors};
    const char *newline;
    size_t n, i;

    memset(p, 0, sizeof *p);
    for (i = 0; i < CONF_SETTINGS; i++)
        p->setting[i] = conf_settings[i].normal;
    while (size && !r.failed) {
        newline = memchr(text, '\n', size);
        n = newline ? (size_t)(newline - text) : size;
        r.line++;
        one_line(&r, text, n);
        n += newline != 0;
        text += n;
        size -= n;
    }
    if (!r.failed && r.where == BEFORE)
        errors_add(r.errors, r.line ? r.line : 1,
                   "no pool: write [NAME], and what it has below");
    if (!r.failed)
        return 0;
    errno = ENOMEM;
    return -1;
}

void parse_free(struct parse *p)
{
    unsigned i;

    names_free(&p->trust);
    names_free(&p->pools);
    for (i = 0; i < PARSE_KEYS; i++)
        names_free(&p->names[i]);
    free(p->pool);
    free(p->entry);
}

#include "parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <scan.h>

#define SPACE " \t\r\v\f"

struct reader {
    struct parse *p;
    unsigned kinds; /* 1 << KIND: what the section is, or may be if its header was no good
                     */
    struct parse_section *section; /* 0: its lines are checked, but belong to nobody */
    struct {
        unsigned line, count; /* the first one that had the key, and how many */
    } seen[PARSE_KEYS];
    unsigned line;
    unsigned port;
    int failed; /* no memory */
    struct errors *errors;
};

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

/* Begin the next section of a kind. */
static void begin(struct reader *r, unsigned kind, const char *name)
{
    struct parse *p = r->p;
    struct names *names = &p->names[kind];
    struct parse_section *grown =
        names_grow(p->section[kind], names->count, sizeof *grown);

    if (grown)
        p->section[kind] = grown;
    if (!grown || names_add(names, name) == NAMES_NONE) {
        r->failed = 1;
        return;
    }
    r->kinds = 1u << kind;
    r->section = &grown[names->count - 1];
    *r->section =
        (struct parse_section){.line = r->line, .first = p->entries, .end = p->entries};
}

/* The kind of a section by its header, whose word is cut off. */
static unsigned kind_of(char **header)
{
    unsigned i;
    size_t n;

    for (i = 0; i < PARSE_KINDS; i++) {
        n = parse_kinds[i].word ? strlen(parse_kinds[i].word) : 0;
        if (n && strncmp(*header, parse_kinds[i].word, n) == 0 && (*header)[n] &&
            strchr(SPACE, (*header)[n])) {
            *header = trim(*header + n);
            return i;
        }
    }
    return PARSE_POOL;
}

static void section(struct reader *r, char *line)
{
    const struct parse *p = r->p;
    char name[CONF_WORD];
    struct parse_value v = {.line = r->line, .errors = r->errors};
    size_t n = strlen(line);
    unsigned kind, known;

    if (r->kinds == 1u << PARSE_SETTINGS)
        r->port = parse_number(p, p->section[PARSE_SETTINGS], PARSE_PORT, 0);
    memset(r->seen, 0, sizeof r->seen);
    r->section = 0;
    r->kinds = ~(1u << PARSE_SETTINGS);
    if (line[n - 1] != ']') {
        errors_add(r->errors, r->line, "bad section: write " PARSE_HEADERS);
        return;
    }
    line[n - 1] = 0;
    line = trim(line + 1);
    kind = kind_of(&line);
    if (kind == PARSE_POOL && strpbrk(line, SPACE)) {
        errors_add(r->errors, r->line, "bad section \"[%s]\": write " PARSE_HEADERS,
                   parse_shown(line));
        return;
    }
    v.text = line;
    v.what = parse_kinds[kind].noun;
    v.port = r->port;
    if (kind != PARSE_POOL)
        r->kinds = 1u << kind;
    if (parse_kinds[kind].take(&v, name) < 0)
        return;
    r->kinds = 1u << kind;
    known = names_find(&p->names[kind], name);
    if (known == NAMES_NONE)
        begin(r, kind, name);
    else
        errors_add(r->errors, r->line, "%s \"%s\" named twice, first in line %u", v.what,
                   name, p->section[kind][known].line);
}

/* May there be one more line with the key? */
static int once_more(struct reader *r, unsigned key)
{
    unsigned most = parse_keys[key].most;

    if (r->seen[key].count++ == 0)
        r->seen[key].line = r->line;
    if (!most || r->seen[key].count <= most)
        return 1;
    if (most == 1)
        errors_add(r->errors, r->line, "\"%s\" given twice, first in line %u",
                   parse_name(key), r->seen[key].line);
    else
        errors_add(r->errors, r->line, "too many \"%s\": at most %u", parse_name(key),
                   most);
    return 0;
}

static void entry(struct reader *r, unsigned key, const char *text)
{
    struct parse *p = r->p;
    struct parse_value v = {text,    parse_name(key), &parse_keys[key],
                            r->port, r->line,         r->errors};
    char value[CONF_WORD];
    struct parse_entry *grown;
    unsigned number;

    if (r->section)
        r->section->given |= 1u << key;
    if (!once_more(r, key) || v.key->take(&v, value) < 0 || !r->section)
        return;
    number = names_add(&p->values[key], value);
    grown = names_grow(p->entry, p->entries, sizeof *grown);
    if (grown)
        p->entry = grown;
    if (!grown || number == NAMES_NONE) {
        r->failed = 1;
        return;
    }
    grown[p->entries++] = (struct parse_entry){key, number, r->line};
    r->section->end = p->entries;
}

static void assignment(struct reader *r, const char *name, const char *value)
{
    unsigned key = parse_find(name, r->kinds);

    if (key < PARSE_KEYS)
        entry(r, key, value);
    else
        parse_misplaced(r->errors, r->line, name, r->kinds);
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
        errors_add(r->errors, r->line, "\"%s\" has no value", parse_shown(line));
    else
        assignment(r, line, value);
}

int parse_text(struct parse *p, const char *text, size_t size, struct errors *errors)
{
    struct reader r = {.p = p, .errors = errors};
    const char *newline;
    size_t n;

    memset(p, 0, sizeof *p);
    begin(&r, PARSE_SETTINGS, "");
    while (size && !r.failed) {
        newline = memchr(text, '\n', size);
        n = newline ? (size_t)(newline - text) : size;
        r.line++;
        one_line(&r, text, n);
        n += newline != 0;
        text += n;
        size -= n;
    }
    if (r.failed) {
        errno = ENOMEM;
        return -1;
    }
    if (r.kinds == 1u << PARSE_SETTINGS)
        errors_add(r.errors, r.line ? r.line : 1,
                   "no pool: write [NAME], and what it has below");
    return 0;
}

unsigned long parse_number(const struct parse *p, const struct parse_section *s,
                           unsigned key, unsigned *line)
{
    const struct parse_entry *e;
    unsigned long n = parse_keys[key].number->normal;

    if (line)
        *line = 0;
    for (e = p->entry + s->first; e < p->entry + s->end; e++)
        if (e->key == key) {
            scan_ulong(p->values[key].text[e->value], &n);
            if (line)
                *line = e->line;
        }
    return n;
}

void parse_free(struct parse *p)
{
    unsigned i;

    for (i = 0; i < PARSE_KINDS; i++) {
        names_free(&p->names[i]);
        free(p->section[i]);
    }
    for (i = 0; i < PARSE_KEYS; i++)
        names_free(&p->values[i]);
    free(p->entry);
    free(p->node);
}

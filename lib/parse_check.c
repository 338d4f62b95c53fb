#include "parse.h"

#include <stdlib.h>

/* Where a value was seen last. */
struct mark {
    unsigned section; /* counted over all kinds, from 1 */
    unsigned line;
};

struct checker {
    struct parse *p;
    unsigned kind, number, section;
    struct mark *marks[PARSE_KEYS];
    struct errors *errors;
};

#define HAS(key) (1u << (key))
#define ANYBODY  (HAS(PARSE_GROUP) | HAS(PARSE_USER))

/* A section of the kind that has all of `with` is to have one of `needs`. */
static const struct {
    unsigned kind, with, needs;
    const char *what;
} needs[] = {
    {PARSE_POOL, 0, HAS(PARSE_ADDRESS), "has no address"},
    {PARSE_POOL, 0, ANYBODY, "has no group or user: nobody could use it"},
    {PARSE_LAUNCH, 0, ANYBODY, "has no group or user: nobody could use it"},
    {PARSE_NODE, 0, HAS(PARSE_NODE_ADDRESS), "has no address"},
    {PARSE_BOARD, 0,
     HAS(PARSE_UART) | HAS(PARSE_FPGA) | HAS(PARSE_PROGRAM) | HAS(PARSE_AT),
     "has no uart and no fpga"},
    {PARSE_BOARD, HAS(PARSE_FPGA), HAS(PARSE_PROGRAM), "has an fpga, but no program"},
    {PARSE_BOARD, HAS(PARSE_PROGRAM), HAS(PARSE_FPGA), "has a program, but no fpga"},
};

/* Is the entry to stay? That a board comes twice in a pool is an error, for somebody
   thinks there are more boards than there are; so is a UART of two boards, or twice of
   one. An FPGA may have neighbours like it, and groups and users do no harm. */
static int check_entry(struct checker *c, const struct parse_entry *e)
{
    unsigned again = parse_keys[e->key].again;
    const char *name = parse_name(e->key), *value = c->p->values[e->key].text[e->value];
    struct mark *m = &c->marks[e->key][e->value];

    if (again == PARSE_KEEP)
        return 1;
    if (again == PARSE_ALONE ? !m->section : m->section != c->section) {
        *m = (struct mark){c->section, e->line};
        return 1;
    }
    if (again == PARSE_ALONE)
        errors_add(c->errors, e->line, "%s %s twice, first in line %u", name,
                   parse_shown(value), m->line);
    else if (again == PARSE_ONCE)
        errors_add(c->errors, e->line, "%s %s twice in %s \"%s\", first in line %u", name,
                   value, parse_kinds[c->kind].noun, c->p->names[c->kind].text[c->number],
                   m->line);
    return 0;
}

static void check_section(struct checker *c)
{
    struct parse *p = c->p;
    struct parse_section *s = &p->section[c->kind][c->number];
    size_t from, to, i;

    for (from = to = s->first; from < s->end; from++)
        if (check_entry(c, &p->entry[from]))
            p->entry[to++] = p->entry[from];
    s->end = to;
    for (i = 0; i < sizeof needs / sizeof *needs; i++)
        if (needs[i].kind == c->kind && (s->given & needs[i].with) == needs[i].with &&
            !(s->given & needs[i].needs))
            errors_add(c->errors, s->line, "%s \"%s\" %s", parse_kinds[c->kind].noun,
                       p->names[c->kind].text[c->number], needs[i].what);
}

int parse_check(struct parse *p, struct errors *errors)
{
    struct checker c = {.p = p, .errors = errors};
    unsigned i;
    int failed = 0;

    for (i = 0; i < PARSE_KEYS; i++) {
        c.marks[i] = calloc((size_t)p->values[i].count + 1, sizeof *c.marks[i]);
        failed |= !c.marks[i];
    }
    for (; !failed && c.kind < PARSE_KINDS; c.kind++)
        for (c.number = 0; c.number < p->names[c.kind].count; c.number++) {
            c.section++;
            check_section(&c);
        }
    for (i = 0; i < PARSE_KEYS; i++)
        free(c.marks[i]);
    return failed ? -1 : parse_check_nodes(p, errors);
}

void parse_unknown(const struct parse *p, const char *known_groups,
                   const char *known_users, struct errors *errors)
{
    const struct parse_entry *e;

    for (e = p->entry; e < p->entry + p->entries; e++)
        if ((e->key == PARSE_GROUP && !known_groups[e->value]) ||
            (e->key == PARSE_USER && !known_users[e->value]))
            errors_add(errors, e->line, "unknown %s \"%s\"", parse_name(e->key),
                       p->values[e->key].text[e->value]);
}

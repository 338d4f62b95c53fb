#include "parse.h"

#include <stdlib.h>

/* Where a name was seen last. */
struct mark {
    unsigned pool; /* number + 1 */
    unsigned line;
};

/* That an address comes twice is an error, for somebody thinks there are more boards than
   there are. Groups and users do no harm. */
static void check_pool(struct parse *p, unsigned i, struct mark *marks[PARSE_KEYS],
                       struct errors *errors)
{
    struct parse_pool *pool = &p->pool[i];
    const char *name = p->pools.text[i];
    size_t from, to;

    for (from = to = pool->first; from < pool->end; from++) {
        struct parse_entry *e = &p->entry[from];
        struct mark *m = &marks[e->key][e->name];

        if (m->pool != i + 1) {
            m->pool = i + 1;
            m->line = e->line;
            p->entry[to++] = *e;
        } else if (e->key == PARSE_ADDRESS)
            errors_add(errors, e->line,
                       "address %s twice in pool \"%s\", first in line %u",
                       p->names[e->key].text[e->name], name, m->line);
    }
    pool->end = to;
    if (!pool->given[PARSE_ADDRESS])
        errors_add(errors, pool->line, "pool \"%s\" has no address", name);
    if (!pool->given[PARSE_GROUP] && !pool->given[PARSE_USER])
        errors_add(errors, pool->line,
                   "pool \"%s\" has no group or user: nobody could use it", name);
}

int parse_check(struct parse *p, struct errors *errors)
{
    struct mark *marks[PARSE_KEYS];
    unsigned i;
    int failed = 0;

    for (i = 0; i < PARSE_KEYS; i++) {
        marks[i] = calloc((size_t)p->names[i].count + 1, sizeof *marks[i]);
        failed |= !marks[i];
    }
    for (i = 0; !failed && i < p->pools.count; i++)
        check_pool(p, i, marks, errors);
    for (i = 0; i < PARSE_KEYS; i++)
        free(marks[i]);
    return failed ? -1 : 0;
}

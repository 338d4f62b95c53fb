#include "parse.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <scan.h>

struct checker {
    struct parse *p;
    struct errors *errors;
    struct names hosts;
    unsigned *owner; /* of each host: the number of its node */
};

static unsigned long number_of(const char *text)
{
    unsigned long n = 0;
    scan_ulong(text, &n);
    return n;
}

int parse_node_host(const char *host, unsigned step, char *out)
{
    if (step)
        return map_count_up(host, step, out);
    strcpy(out, host);
    return 0;
}

/* The numbers of a section. */
static int number(struct checker *c, unsigned section, unsigned long first,
                  unsigned long count)
{
    struct parse *p = c->p;
    if (first + count - 1 > MAP_LAST)
        errors_add(c->errors, p->section[PARSE_NODE][section].line,
                   "node \"%lu\" and %lu more: the highest number is %d", first,
                   count - 1, MAP_LAST);
    for (unsigned long i = 0; i < count && first + i <= MAP_LAST; i++) {
        struct parse_node *grown = names_grow(p->node, p->nodes, sizeof *grown);
        if (!grown)
            return -1;
        p->node = grown;
        grown[p->nodes++] =
            (struct parse_node){(unsigned)(first + i), section, (unsigned)i};
    }
    return 0;
}

static int take_host(struct checker *c, const char *host, unsigned long node,
                     unsigned line)
{
    unsigned known = c->hosts.count, i = names_add(&c->hosts, host), *grown;
    if (i == NAMES_NONE)
        return -1;
    if (i < known) {
        if (c->owner[i] != node)
            errors_add(c->errors, line, "address %s of node %lu is node %u's already",
                       host, node, c->owner[i]);
        return 0;
    }
    grown = names_grow(c->owner, known, sizeof *grown);
    if (!grown)
        return -1;
    c->owner = grown;
    c->owner[i] = (unsigned)node;
    return 0;
}

/* The addresses that one line gives the nodes of a section. */
static int hosts(struct checker *c, const struct parse_entry *e, unsigned long first,
                 unsigned long count)
{
    const char *host = c->p->values[e->key].text[e->value];
    char own[ADDRESS_HOST];
    for (unsigned long i = 0; i < count; i++) {
        if (parse_node_host(host, (unsigned)i, own)) {
            errors_add(
                c->errors, e->line,
                errno == ERANGE
                    ? "\"count\" runs past .255 from %s: give it fewer"
                    : "%s cannot be counted up: with \"count\" write an IP address",
                parse_shown(host));
            return 0;
        }
        if (take_host(c, own, first + i, e->line))
            return -1;
    }
    return 0;
}

static int section(struct checker *c, unsigned i)
{
    const struct parse_section *s = &c->p->section[PARSE_NODE][i];
    unsigned long first = number_of(c->p->names[PARSE_NODE].text[i]);
    unsigned long count = parse_number(c->p, s, PARSE_COUNT, 0);
    if (number(c, i, first, count))
        return -1;
    for (size_t e = s->first; e < s->end; e++)
        if (c->p->entry[e].key == PARSE_NODE_ADDRESS &&
            hosts(c, &c->p->entry[e], first, count))
            return -1;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct parse_node *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->section > y->section) - (x->section < y->section);
}

/* Sort them, and tell of each section once that it has what another one has. */
static void twice(struct checker *c)
{
    const struct parse *p = c->p;
    unsigned told = UINT_MAX;
    if (p->nodes)
        qsort(p->node, p->nodes, sizeof *p->node, compare);
    for (unsigned i = 1; i < p->nodes; i++) {
        const struct parse_node *before = &p->node[i - 1], *node = &p->node[i];
        if (node->number != before->number || node->section == told)
            continue;
        told = node->section;
        errors_add(c->errors, p->section[PARSE_NODE][told].line,
                   "node %u twice, first in line %u", node->number,
                   p->section[PARSE_NODE][before->section].line);
    }
}

static int by_number(const void *key, const void *element)
{
    const unsigned *number = key;
    const struct parse_node *node = element;
    return (*number > node->number) - (*number < node->number);
}

static void boards(struct checker *c)
{
    const struct parse *p = c->p;
    for (const struct parse_entry *e = p->entry; e < p->entry + p->entries; e++) {
        const char *text = p->values[e->key].text[e->value];
        unsigned n = (unsigned)number_of(text);
        if (e->key == PARSE_AT &&
            !(p->nodes && bsearch(&n, p->node, p->nodes, sizeof *p->node, by_number)))
            errors_add(c->errors, e->line, "unknown node %s: write [node %s]", text,
                       text);
    }
}

int parse_check_nodes(struct parse *p, struct errors *errors)
{
    struct checker c = {.p = p, .errors = errors};
    int r = 0;
    for (unsigned i = 0; !r && i < p->names[PARSE_NODE].count; i++)
        r = section(&c, i);
    if (!r) {
        twice(&c);
        boards(&c);
    }
    names_free(&c.hosts);
    free(c.owner);
    return r;
}

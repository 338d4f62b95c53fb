/* The map of nodes: each by its number and by its addresses, and a hash of all that. */
#include <stdint.h>
#include <stdio.h>

#include "records.h"

/* FNV-1a: it is to tell two maps apart that were meant to be one, not to resist anybody.
 */
static uint64_t hashed(uint64_t hash, const char *bytes, size_t n)
{
    while (n--)
        hash = (hash ^ (unsigned char)*bytes++) * 0x100000001b3u;
    return hash;
}

/* Call it with each address of a node. */
static int each_host(struct record *r, const struct parse *p,
                     const struct parse_node *node, const char *text,
                     int one(struct record *, const char *host, const char *text))
{
    const struct parse_section *s = &p->section[PARSE_NODE][node->section];
    char host[ADDRESS_HOST];
    for (size_t i = s->first; i < s->end; i++) {
        const struct parse_entry *e = &p->entry[i];
        if (e->key == PARSE_NODE_ADDRESS &&
            parse_node_host(p->values[e->key].text[e->value], node->step, host) == 0 &&
            one(r, host, text) < 0)
            return -1;
    }
    return 0;
}

static int put_at(struct record *r, const char *host, const char *text)
{
    return record_add(r, "node", text) < 0 || record_put(r, "at", host) < 0 ? -1 : 0;
}

static int add_host(struct record *r, const char *host, const char *text)
{
    (void)text;
    return record_add(r, "address", host);
}

static int put_node(struct record *r, const struct parse *p,
                    const struct parse_node *node, uint64_t *hash)
{
    const struct parse_section *s = &p->section[PARSE_NODE][node->section];
    char text[16] = "", port[16];
    snprintf(text, sizeof text, "%u", node->number);
    snprintf(port, sizeof port, "%lu", parse_number(p, s, PARSE_NODE_PORT, 0));
    if (each_host(r, p, node, text, put_at) < 0 ||
        each_host(r, p, node, text, add_host) < 0 ||
        record_add(r, parse_name(PARSE_NODE_PORT), port) < 0)
        return -1;
    for (size_t i = s->first; i < s->end; i++) {
        const struct parse_entry *e = &p->entry[i];
        if (e->key == PARSE_DEVICE &&
            record_add(r, "device", p->values[e->key].text[e->value]) < 0)
            return -1;
    }
    *hash = hashed(*hash, text, sizeof text);
    *hash = hashed(*hash, r->value.s, r->value.len);
    return record_put(r, "node", text);
}

int records_nodes(struct record *r, const struct parse *p)
{
    uint64_t hash = 0xcbf29ce484222325u;
    char text[24];
    if (!p->nodes)
        return 0;
    for (unsigned i = 0; i < p->nodes; i++)
        if (put_node(r, p, &p->node[i], &hash) < 0)
            return -1;
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (record_add(r, "hash", text) < 0)
        return -1;
    for (unsigned i = 0; i < p->nodes; i++) {
        snprintf(text, sizeof text, "%u", p->node[i].number);
        if (record_add(r, "node", text) < 0)
            return -1;
    }
    return record_put(r, "nodes", "");
}

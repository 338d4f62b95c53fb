#include "node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t place(const struct nodes *n, const struct node *parent, const char *name)
{
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)(uintptr_t)parent;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)((h ^ h >> 32) & (n->size - 1));
}

static void put(struct nodes *n, struct node *node)
{
    struct node **at = &n->table[place(n, node->parent, node->name)];
    node->chain = *at;
    *at = node;
}

/* Without memory it stays as it is, and is slower. */
static void grow(struct nodes *n)
{
    struct node **old = n->table, **table = calloc(2 * n->size, sizeof *table);
    size_t size = n->size;
    if (!table)
        return;
    n->table = table;
    n->size = 2 * size;
    for (size_t i = 0; i < size; i++)
        for (struct node *node = old[i], *next; node; node = next) {
            next = node->chain;
            put(n, node);
        }
    free(old);
}

static struct node *make(struct nodes *n, const struct ninep_qid *qid,
                         const struct ninep_text *link)
{
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        return 0;
    if (link && link->at && !(node->says = strndup(link->at, link->length))) {
        free(node);
        return 0;
    }
    node->fid = NINEP_NOFID;
    node->qid = *qid;
    node->generation = n->generation++;
    node->next = n->all;
    node->link = &n->all;
    if (n->all)
        n->all->link = &node->next;
    n->all = node;
    return node;
}

int nodes_open(struct nodes *n, const struct ninep_qid *root)
{
    memset(n, 0, sizeof *n);
    n->size = 1024;
    n->table = calloc(n->size, sizeof *n->table);
    n->root = make(n, root, 0);
    if (!n->table || !n->root) {
        free(n->table);
        free(n->root);
        errno = ENOMEM;
        return -1;
    }
    n->most = NODE_KEPT;
    n->newest.newer = n->newest.older = &n->newest;
    for (uint32_t fid = NODE_FIDS; --fid > 0;)
        n->free[n->frees++] = fid;
    n->root->fid = 0;
    n->root->refs = n->root->uses = 1;
    return 0;
}

static struct node **find(const struct nodes *n, const struct node *parent,
                          const char *name)
{
    struct node **at = &n->table[place(n, parent, name)];
    while (*at && ((*at)->parent != parent || strcmp((*at)->name, name)))
        at = &(*at)->chain;
    return at;
}

struct node *node_find(const struct nodes *n, const struct node *parent, const char *name)
{
    return *find(n, parent, name);
}

void node_hold(struct node *node)
{
    node->refs++;
}

/* Take its name. Returns the directory it was in, on which it has no hold any more. */
static struct node *unname(struct nodes *n, struct node *node)
{
    struct node **at, *parent = node->parent;
    if (!node->name)
        return 0;
    for (at = &n->table[place(n, parent, node->name)]; *at != node;)
        at = &(*at)->chain;
    *at = node->chain;
    n->count--;
    free(node->name);
    node->name = 0;
    node->parent = 0;
    parent->refs--;
    return parent;
}

static void unmake(struct node *node)
{
    *node->link = node->next;
    if (node->next)
        node->next->link = node->link;
    free(node->name);
    free(node->says);
    free(node);
}

/* It and those above it are freed that nobody holds. */
static void look(struct nodes *n, struct node *node)
{
    while (node && !node->refs && !node->lookups) {
        struct node *parent = unname(n, node);
        if (node->fid != NINEP_NOFID)
            node_lose(n, node);
        unmake(node);
        node = parent;
    }
}

void node_drop(struct nodes *n, struct node *node)
{
    node->refs--;
    look(n, node);
}

void node_forget(struct nodes *n, struct node *node, uint64_t count)
{
    node->lookups -= count < node->lookups ? count : node->lookups;
    look(n, node);
}

void node_gone(struct nodes *n, struct node *node)
{
    look(n, unname(n, node));
}

/* node, which nothing holds by a name, gets this one. */
static int name_it(struct nodes *n, struct node *node, struct node *parent,
                   const char *name)
{
    struct node *other = node_find(n, parent, name);
    node->name = strdup(name);
    if (!node->name)
        return -1;
    parent->refs++;
    if (other)
        node_gone(n, other);
    node->parent = parent;
    if (++n->count > n->size)
        grow(n);
    put(n, node);
    return 0;
}

int node_move(struct nodes *n, struct node *node, struct node *parent, const char *name)
{
    struct node *old;
    int r;
    if (node_find(n, parent, name) == node)
        return 0;
    old = unname(n, node);
    r = name_it(n, node, parent, name);
    look(n, old);
    return r;
}

int node_is(const struct node *node, const struct ninep_qid *qid,
            const struct ninep_text *link)
{
    if (node->says || (link && link->at))
        return node->says && link && link->at && ninep_is(link, node->says);
    return node->qid.path == qid->path && !((node->qid.type ^ qid->type) & NINEP_QTDIR);
}

unsigned node_depth(const struct node *node)
{
    unsigned n = 0;
    while ((node = node->parent))
        n++;
    return n;
}

struct node *node_get(struct nodes *n, struct node *parent, const char *name,
                      const struct ninep_qid *qid, const struct ninep_text *link)
{
    struct node *node = node_find(n, parent, name);
    if (node && node_is(node, qid, link))
        return node;
    node = make(n, qid, link);
    if (node && name_it(n, node, parent, name)) {
        unmake(node);
        node = 0;
    }
    if (!node)
        errno = ENOMEM;
    return node;
}

int node_way(struct node *node, size_t size, struct node **from, struct node **to,
             struct ninep_text name[NINEP_WALK])
{
    struct node *p;
    int far = 0, n = 0;
    size_t used = NINEP_HEADER + 4 + 4 + 2;
    for (p = node; p->fid == NINEP_NOFID; p = p->parent, far++)
        if (!p->name) {
            errno = ESTALE;
            return -1;
        }
    *from = p;
    /* The names nearest to it that fit: the way is known only from its end. */
    for (;; n = 0) {
        int most = far < NINEP_WALK ? far : NINEP_WALK;
        size_t bytes = used;
        *to = node;
        for (int i = most; i < far; i++)
            *to = (*to)->parent;
        for (p = *to; p != *from; p = p->parent) {
            name[most - ++n] = ninep_text(p->name);
            bytes += 2 + name[most - n].length;
        }
        if (bytes <= size)
            return n;
        if (most == 1) {
            errno = ENAMETOOLONG;
            return -1;
        }
        node = (*to)->parent;
        far = most - 1;
    }
}

void nodes_close(struct nodes *n)
{
    while (n->all)
        unmake(n->all);
    free(n->table);
}

#include "inode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t place(const struct inodes *n, const struct inode *parent, const char *name)
{
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)(uintptr_t)parent;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)((h ^ h >> 32) & (n->size - 1));
}

static void put(struct inodes *n, struct inode *inode)
{
    struct inode **at = &n->table[place(n, inode->parent, inode->name)];
    inode->chain = *at;
    *at = inode;
}

/* Without memory it stays as it is, and is slower. */
static void grow(struct inodes *n)
{
    struct inode **old = n->table, **table = calloc(2 * n->size, sizeof *table);
    size_t size = n->size;
    if (!table)
        return;
    n->table = table;
    n->size = 2 * size;
    for (size_t i = 0; i < size; i++)
        for (struct inode *inode = old[i], *next; inode; inode = next) {
            next = inode->chain;
            put(n, inode);
        }
    free(old);
}

static struct inode *make(struct inodes *n, const struct ninep_qid *qid,
                          const struct ninep_text *link)
{
    struct inode *inode = calloc(1, sizeof *inode);
    if (!inode)
        return 0;
    if (link && link->at && !(inode->says = strndup(link->at, link->length))) {
        free(inode);
        return 0;
    }
    inode->fid = NINEP_NOFID;
    inode->qid = *qid;
    inode->generation = n->generation++;
    inode->next = n->all;
    inode->link = &n->all;
    if (n->all)
        n->all->link = &inode->next;
    n->all = inode;
    return inode;
}

int inodes_open(struct inodes *n, const struct ninep_qid *root)
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
    n->most = INODE_KEPT;
    n->newest.newer = n->newest.older = &n->newest;
    for (uint32_t fid = INODE_FIDS; --fid > 0;)
        n->free[n->frees++] = fid;
    n->root->fid = 0;
    n->root->refs = n->root->uses = 1;
    return 0;
}

static struct inode **find(const struct inodes *n, const struct inode *parent,
                           const char *name)
{
    struct inode **at = &n->table[place(n, parent, name)];
    while (*at && ((*at)->parent != parent || strcmp((*at)->name, name)))
        at = &(*at)->chain;
    return at;
}

struct inode *inode_find(const struct inodes *n, const struct inode *parent,
                         const char *name)
{
    return *find(n, parent, name);
}

void inode_hold(struct inode *inode)
{
    inode->refs++;
}

/* Take its name. Returns the directory it was in, on which it has no hold any more. */
static struct inode *unname(struct inodes *n, struct inode *inode)
{
    struct inode **at, *parent = inode->parent;
    if (!inode->name)
        return 0;
    for (at = &n->table[place(n, parent, inode->name)]; *at != inode;)
        at = &(*at)->chain;
    *at = inode->chain;
    n->count--;
    free(inode->name);
    inode->name = 0;
    inode->parent = 0;
    parent->refs--;
    return parent;
}

static void unmake(struct inode *inode)
{
    *inode->link = inode->next;
    if (inode->next)
        inode->next->link = inode->link;
    free(inode->name);
    free(inode->says);
    free(inode);
}

/* It and those above it are freed that nobody holds. */
static void look(struct inodes *n, struct inode *inode)
{
    while (inode && !inode->refs && !inode->lookups) {
        struct inode *parent = unname(n, inode);
        if (inode->fid != NINEP_NOFID)
            inode_lose(n, inode);
        unmake(inode);
        inode = parent;
    }
}

void inode_drop(struct inodes *n, struct inode *inode)
{
    inode->refs--;
    look(n, inode);
}

void inode_forget(struct inodes *n, struct inode *inode, uint64_t count)
{
    inode->lookups -= count < inode->lookups ? count : inode->lookups;
    look(n, inode);
}

void inode_gone(struct inodes *n, struct inode *inode)
{
    look(n, unname(n, inode));
}

/* inode, which nothing holds by a name, gets this one. */
static int name_it(struct inodes *n, struct inode *inode, struct inode *parent,
                   const char *name)
{
    struct inode *other = inode_find(n, parent, name);
    inode->name = strdup(name);
    if (!inode->name)
        return -1;
    parent->refs++;
    if (other)
        inode_gone(n, other);
    inode->parent = parent;
    if (++n->count > n->size)
        grow(n);
    put(n, inode);
    return 0;
}

int inode_move(struct inodes *n, struct inode *inode, struct inode *parent,
               const char *name)
{
    struct inode *old;
    int r;
    if (inode_find(n, parent, name) == inode)
        return 0;
    old = unname(n, inode);
    r = name_it(n, inode, parent, name);
    look(n, old);
    return r;
}

int inode_is(const struct inode *inode, const struct ninep_qid *qid,
             const struct ninep_text *link)
{
    if (inode->says || (link && link->at))
        return inode->says && link && link->at && ninep_is(link, inode->says);
    return inode->qid.path == qid->path && !((inode->qid.type ^ qid->type) & NINEP_QTDIR);
}

unsigned inode_depth(const struct inode *inode)
{
    unsigned n = 0;
    while ((inode = inode->parent))
        n++;
    return n;
}

struct inode *inode_get(struct inodes *n, struct inode *parent, const char *name,
                        const struct ninep_qid *qid, const struct ninep_text *link)
{
    struct inode *inode = inode_find(n, parent, name);
    if (inode && inode_is(inode, qid, link))
        return inode;
    inode = make(n, qid, link);
    if (inode && name_it(n, inode, parent, name)) {
        unmake(inode);
        inode = 0;
    }
    if (!inode)
        errno = ENOMEM;
    return inode;
}

int inode_way(struct inode *inode, size_t size, struct inode **from, struct inode **to,
              struct ninep_text name[NINEP_WALK])
{
    struct inode *p;
    int far = 0, n = 0;
    size_t used = NINEP_HEADER + 4 + 4 + 2;
    for (p = inode; p->fid == NINEP_NOFID; p = p->parent, far++)
        if (!p->name) {
            errno = ESTALE;
            return -1;
        }
    *from = p;
    /* The names nearest to it that fit: the way is known only from its end. */
    for (;; n = 0) {
        int most = far < NINEP_WALK ? far : NINEP_WALK;
        size_t bytes = used;
        *to = inode;
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
        inode = (*to)->parent;
        far = most - 1;
    }
}

void inodes_close(struct inodes *n)
{
    while (n->all)
        unmake(n->all);
    free(n->table);
}

#include "node.h"

#include "dial.h"

enum { FEWEST = 16 };

uint32_t node_take_fid(struct nodes *n)
{
    return n->frees ? n->free[--n->frees] : NINEP_NOFID;
}

void node_give_fid(struct nodes *n, uint32_t fid)
{
    n->free[n->frees++] = fid;
}

void node_lose_fid(struct nodes *n, uint32_t fid)
{
    n->lost[n->losts++] = fid;
}

uint32_t node_lost_fid(struct nodes *n)
{
    return n->losts ? n->lost[--n->losts] : NINEP_NOFID;
}

static int kept(const struct node *node)
{
    return node->newer != 0;
}

static void keep(struct nodes *n, struct node *node)
{
    node->unused = dial_now();
    node->newer = &n->newest;
    node->older = n->newest.older;
    node->older->newer = n->newest.older = node;
    n->kept++;
}

static void keep_not(struct nodes *n, struct node *node)
{
    node->newer->older = node->older;
    node->older->newer = node->newer;
    node->newer = node->older = 0;
    n->kept--;
}

void node_lose(struct nodes *n, struct node *node)
{
    if (kept(node))
        keep_not(n, node);
    node_lose_fid(n, node->fid);
    node->fid = NINEP_NOFID;
}

static void spare(struct nodes *n)
{
    while (n->kept > n->most)
        node_lose(n, n->newest.newer);
}

void node_got(struct nodes *n, struct node *node, uint32_t fid)
{
    if (node->fid != NINEP_NOFID) {
        node_lose_fid(n, fid);
        return;
    }
    node->fid = fid;
    keep(n, node);
    spare(n);
}

void node_use(struct nodes *n, struct node *node)
{
    if (!node->uses++)
        keep_not(n, node);
}

void node_unuse(struct nodes *n, struct node *node)
{
    if (--node->uses)
        return;
    keep(n, node);
    spare(n);
}

void node_lose_half(struct nodes *n)
{
    unsigned half = n->kept / 2;
    while (n->kept > half)
        node_lose(n, n->newest.newer);
    n->most = half > FEWEST ? half : FEWEST;
}

long long node_idle(const struct nodes *n)
{
    return n->kept ? n->newest.newer->unused : -1;
}

void node_lose_idle(struct nodes *n, long long then)
{
    while (n->kept && node_idle(n) <= then)
        node_lose(n, n->newest.newer);
    if (!n->kept)
        n->most = NODE_KEPT;
}

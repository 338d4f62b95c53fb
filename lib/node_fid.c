#include "node.h"

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
    while (n->kept > NODE_KEPT)
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

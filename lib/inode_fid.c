#include "inode.h"

#include "dial.h"

enum { FEWEST = 16 };

uint32_t inode_take_fid(struct inodes *n)
{
    return n->frees ? n->free[--n->frees] : NINEP_NOFID;
}

void inode_give_fid(struct inodes *n, uint32_t fid)
{
    n->free[n->frees++] = fid;
}

void inode_lose_fid(struct inodes *n, uint32_t fid)
{
    n->lost[n->losts++] = fid;
}

uint32_t inode_lost_fid(struct inodes *n)
{
    return n->losts ? n->lost[--n->losts] : NINEP_NOFID;
}

static int kept(const struct inode *inode)
{
    return inode->newer != 0;
}

static void keep(struct inodes *n, struct inode *inode)
{
    inode->unused = dial_now();
    inode->newer = &n->newest;
    inode->older = n->newest.older;
    inode->older->newer = n->newest.older = inode;
    n->kept++;
}

static void keep_not(struct inodes *n, struct inode *inode)
{
    inode->newer->older = inode->older;
    inode->older->newer = inode->newer;
    inode->newer = inode->older = 0;
    n->kept--;
}

void inode_lose(struct inodes *n, struct inode *inode)
{
    if (kept(inode))
        keep_not(n, inode);
    inode_lose_fid(n, inode->fid);
    inode->fid = NINEP_NOFID;
}

static void spare(struct inodes *n)
{
    while (n->kept > n->most)
        inode_lose(n, n->newest.newer);
}

void inode_got(struct inodes *n, struct inode *inode, uint32_t fid)
{
    if (inode->fid != NINEP_NOFID) {
        inode_lose_fid(n, fid);
        return;
    }
    inode->fid = fid;
    keep(n, inode);
    spare(n);
}

void inode_use(struct inodes *n, struct inode *inode)
{
    if (!inode->uses++)
        keep_not(n, inode);
}

void inode_unuse(struct inodes *n, struct inode *inode)
{
    if (--inode->uses)
        return;
    keep(n, inode);
    spare(n);
}

void inode_lose_half(struct inodes *n)
{
    unsigned half = n->kept / 2;
    while (n->kept > half)
        inode_lose(n, n->newest.newer);
    n->most = half > FEWEST ? half : FEWEST;
}

long long inode_idle(const struct inodes *n)
{
    return n->kept ? n->newest.newer->unused : -1;
}

void inode_lose_idle(struct inodes *n, long long then)
{
    while (n->kept && inode_idle(n) <= then)
        inode_lose(n, n->newest.newer);
    if (!n->kept)
        n->most = INODE_KEPT;
}

/* The fids an op needs: of inodes, walked to when they have none, and new ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

static void use(struct op *op, struct inode *inode)
{
    for (int i = 0; i < 3; i++) {
        if (op->used[i] == inode)
            return;
        if (!op->used[i]) {
            op->used[i] = inode;
            inode_use(&op->m->inodes, inode);
            return;
        }
    }
}

static void unuse(struct op *op, struct inode *inode)
{
    for (int i = 3; i-- > 0;)
        if (op->used[i] == inode) {
            op->used[i] = 0;
            inode_unuse(&op->m->inodes, inode);
            return;
        }
}

/* The end of a way. What was there before may be something else now: then the inode is
   stale, and the kernel looks its names up again. */
static void arrived(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    struct mount *m = op->m;
    struct inode *to = op->way_to;
    op->way_to = 0;
    to->walking = 0;
    if (r && r->names == op->way_names && r->qid[r->names - 1].path == to->qid.path)
        inode_got(&m->inodes, to, op->way_fid);
    else if (r && r->names == op->way_names) {
        inode_lose_fid(&m->inodes, op->way_fid);
        e = ESTALE;
    } else {
        inode_give_fid(&m->inodes, op->way_fid);
        if (r || e == ENOENT || e == ENOTDIR)
            e = ESTALE;
    }
    op->way_fid = NINEP_NOFID;
    unuse(op, op->used[2]);
    op_wake(m, &to->waiters);
    inode_drop(&m->inodes, to);
    op_heard(op, which, 0, e);
}

int op_fid(struct op *op, struct inode *inode)
{
    struct mount *m = op->m;
    struct ninep t = {.type = NINEP_TWALK};
    struct inode *from, *to;
    int n;
    if (op->e[OP_WAY]) {
        op_fail(op, op->e[OP_WAY]);
        return 0;
    }
    if (inode->fid != NINEP_NOFID) {
        use(op, inode);
        return 1;
    }
    n = inode_way(inode, m->msize, &from, &to, t.name);
    if (n < 0) {
        op_fail(op, errno);
        return 0;
    }
    if (to->walking) {
        op_wait(op, &to->waiters);
        return 0;
    }
    if (!op_room(op, 1, 0))
        return 0;
    t.newfid = inode_take_fid(&m->inodes);
    if (t.newfid == NINEP_NOFID) {
        op_fail(op, ENFILE);
        return 0;
    }
    t.fid = from->fid;
    t.names = (unsigned)n;
    op->used[2] = from;
    inode_use(&m->inodes, from);
    op->way_to = to;
    op->way_fid = t.newfid;
    op->way_names = t.names;
    to->walking = 1;
    inode_hold(to);
    op_say_to(op, OP_WAY, &t, arrived);
    if (op->tag[OP_WAY] < 0) {
        struct ninep none = {.type = NINEP_RWALK};
        op->out++;
        arrived(op, OP_WAY, &none, 0);
    }
    return 0;
}

int op_newfid(struct op *op)
{
    if (op->newfid == NINEP_NOFID)
        op->newfid = inode_take_fid(&op->m->inodes);
    if (op->newfid == NINEP_NOFID)
        op_fail(op, ENFILE);
    return op->newfid != NINEP_NOFID;
}

void op_say_walk(struct op *op, uint32_t fid, const char *name)
{
    struct ninep t = {.type = NINEP_TWALK, .fid = fid, .newfid = op->newfid};
    if (name)
        t.name[t.names++] = ninep_text(name);
    op->names = t.names;
    op_say(op, OP_WALK, &t);
}

void op_say_stat(struct op *op, uint32_t fid)
{
    struct ninep t = {.type = NINEP_TSTAT, .fid = fid};
    op_say(op, OP_STAT, &t);
}

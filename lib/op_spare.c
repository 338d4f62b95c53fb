/* Fids that are only kept here are files that the peer holds open. Who has no descriptors
   left gets half of them back, and is asked once more; and what nobody has used for a
   while he gets back anyway, or nothing below his tree could be unmounted. */
#include <errno.h>

#include "dial.h"
#include "op.h"

enum {
    IDLE = 3000,   /* milliseconds */
    TOGETHER = 250 /* what is due so soon after is given back with the rest */
};

static int is_short(int e)
{
    return e == EMFILE || e == ENFILE;
}

/* Nothing has come of it but that. */
static void begin_again(struct op *op)
{
    if (is_short(op->e[OP_WALK])) {
        op->stage = op->again = 0;
        for (int i = 0; i < OP_CALLS; i++)
            op->said[i] = op->e[i] = 0;
    }
    op->said[OP_WAY] = op->e[OP_WAY] = 0;
}

int op_spare(struct op *op)
{
    struct mount *m = op->m;
    if (op->spared || !(is_short(op->e[OP_WALK]) || is_short(op->e[OP_WAY])))
        return 0;
    op->spared = 1;
    if (!m->spares.first) {
        inode_lose_half(&m->inodes);
        m->clunks_due = m->clunks + m->inodes.losts;
    }
    if (!m->clunks_due)
        return 0;
    begin_again(op);
    op_wait(op, &m->spares);
    return 1;
}

void op_clunked(struct mount *m)
{
    m->clunks--;
    if (m->clunks_due && !--m->clunks_due)
        op_wake(m, &m->spares);
}

void op_spare_idle(struct mount *m)
{
    if (m->up)
        inode_lose_idle(&m->inodes, dial_now() - IDLE);
}

long long op_spare_due(const struct mount *m)
{
    long long oldest = m->up ? inode_idle(&m->inodes) : -1;
    return oldest < 0 ? -1 : oldest + IDLE + TOGETHER;
}

/* When we have changed a directory the kernel asks what it is now, before it goes on: so
   that is asked for with the change, and costs no way of its own. Only a peer of ours is
   known to do what he is asked in its order. */
#include <string.h>

#include "dial.h"
#include "op.h"

static void heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    struct mount *m = op->m;
    (void)e;
    if (r) {
        attr_take(m, &m->after.attr, &r->stat);
        m->after.when = dial_now();
        m->after.changed = op->changed;
        if (m->after.attr.link.at || m->after.attr.qid.path != op->inode->qid.path)
            m->after.changed = 0;
    }
    op_heard(op, which, 0, 0);
}

void op_say_after(struct op *op)
{
    struct ninep t = {.type = NINEP_TSTAT, .fid = op->inode->fid};
    op->changed = op->inode->changed;
    if (op->m->ours && op->m->fresh > 0)
        op_say_to(op, OP_DIR, &t, heard);
}

int op_knows_after(struct op *op)
{
    struct mount *m = op->m;
    double left = m->fresh - (double)(dial_now() - m->after.when) / 1000;
    struct stat st;
    if (!m->after.changed || m->after.changed != op->inode->changed || left <= 0)
        return 0;
    attr_shown(m, op->inode, &m->after.attr, &st);
    fuse_reply_attr(op->req, &st, left);
    op_end(op);
    return 1;
}

/* The fids an op needs: of nodes, walked to when they have none, and new ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

static void use(struct op *op, struct node *node)
{
    for (int i = 0; i < 3; i++) {
        if (op->used[i] == node)
            return;
        if (!op->used[i]) {
            op->used[i] = node;
            node_use(&op->m->nodes, node);
            return;
        }
    }
}

static void unuse(struct op *op, struct node *node)
{
    for (int i = 3; i-- > 0;)
        if (op->used[i] == node) {
            op->used[i] = 0;
            node_unuse(&op->m->nodes, node);
            return;
        }
}

/* The end of a way. What was there before may be something else now: then the node is
   stale, and the kernel looks its names up again. */
static void arrived(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    struct mount *m = op->m;
    struct node *to = op->way_to;
    op->way_to = 0;
    to->walking = 0;
    if (r && r->names == op->way_names && r->qid[r->names - 1].path == to->qid.path)
        node_got(&m->nodes, to, op->way_fid);
    else if (r && r->names == op->way_names) {
        node_lose_fid(&m->nodes, op->way_fid);
        e = ESTALE;
    } else {
        node_give_fid(&m->nodes, op->way_fid);
        if (r || e == ENOENT || e == ENOTDIR)
            e = ESTALE;
    }
    op->way_fid = NINEP_NOFID;
    unuse(op, op->used[2]);
    op_wake(m, &to->waiters);
    node_drop(&m->nodes, to);
    op_heard(op, which, 0, e);
}

int op_fid(struct op *op, struct node *node)
{
    struct mount *m = op->m;
    struct ninep t = {.type = NINEP_TWALK};
    struct node *from, *to;
    int n;
    if (op->e[OP_WAY]) {
        op_fail(op, op->e[OP_WAY]);
        return 0;
    }
    if (node->fid != NINEP_NOFID) {
        use(op, node);
        return 1;
    }
    n = node_way(node, m->msize, &from, &to, t.name);
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
    t.newfid = node_take_fid(&m->nodes);
    if (t.newfid == NINEP_NOFID) {
        op_fail(op, ENFILE);
        return 0;
    }
    t.fid = from->fid;
    t.names = (unsigned)n;
    op->used[2] = from;
    node_use(&m->nodes, from);
    op->way_to = to;
    op->way_fid = t.newfid;
    op->way_names = t.names;
    to->walking = 1;
    node_hold(to);
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
        op->newfid = node_take_fid(&op->m->nodes);
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

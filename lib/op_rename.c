/* A rename takes the place of a file that has the name already, without a moment between:
   our own exporter does so when muid says "replace", and then his answer is the answer. A
   stranger may refuse that: see op_replace. */
#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

static void say_rename(struct op *op)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = op->newfid};
    ninep_no_change(&t.stat);
    t.stat.name = ninep_text(op->newname);
    if (op->m->ours && !op->flags)
        t.stat.muid = ninep_text(NINEP_REPLACE);
    op_say(op, OP_DO, &t);
}

static int is_below(const struct node *node, const struct node *top)
{
    while (node && node != top)
        node = node->parent;
    return node != 0;
}

/* To some peers a fid is a path, and what had it before a rename is not there any more.
   The one by which they did it has moved with it. */
static void lose_paths(struct nodes *n, struct node *top)
{
    int is_dir = top->qid.type & NINEP_QTDIR;
    for (struct node *node = is_dir ? n->all : top; node; node = is_dir ? node->next : 0)
        if (node->fid != NINEP_NOFID && !node->uses && is_below(node, top))
            node_lose(n, node);
}

void op_renamed(struct op *op)
{
    struct nodes *n = &op->m->nodes;
    struct node *node = node_find(n, op->node, op->name);
    struct node *other = node_find(n, op->node, op->newname);
    if (node && (node->says || node->qid.path == op->qid.path)) {
        node_move(n, node, op->node, op->newname);
        lose_paths(n, node);
        if (!node->says) {
            node_got(n, node, op->newfid);
            op->newfid = NINEP_NOFID;
        }
    } else if (other)
        node_gone(n, other);
}

static void rename_go(struct op *op)
{
    struct mount *m = op->m;
    int e = op_error(op);
    if (!op_fid(op, op->node) || !op_room(op, 2, 0))
        return;
    if (!op->said[OP_WALK]) {
        if (!op_newfid(op))
            return;
        node_dirty(m, op->node);
        op_glance_hide(m, op->node, op->name);
        op_glance_hide(m, op->node, op->newname);
        op_say_walk(op, op->node->fid, op->name);
        say_rename(op);
    } else if (op->e[OP_DO] && op_early(op, OP_DO))
        say_rename(op);
    else if (!op->e[OP_WALK] && e == EEXIST && !op->flags && !m->ours)
        op_replace(op);
    else {
        if (!e)
            op_renamed(op);
        op_fail(op, e);
    }
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
               const char *newname, unsigned flags)
{
    struct op *op;
    if (parent != newparent || flags & ~(unsigned)RENAME_NOREPLACE) {
        fuse_reply_err(req, parent != newparent ? EXDEV : EINVAL);
        return;
    }
    if (strlen(newname) > NINEP_NAME) {
        fuse_reply_err(req, ENAMETOOLONG);
        return;
    }
    op = asker_is_refused(req) ? 0 : op_named(req, rename_go, parent, name);
    if (!op)
        return;
    op->flags = (int)flags;
    op->newname = strdup(newname);
    if (op->newname)
        op->go(op);
    else
        op_fail(op, ENOMEM);
}

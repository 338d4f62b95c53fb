/* A rename takes the place of a file that has the name already, without a moment between:
   our own exporter does so when muid says "replace". A stranger refuses that, or what is
   there; then it is removed before, and he is asked again. */
#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

enum { WALK, REPLACE, PLAIN, FIND, REMOVE, AGAIN };

static void say_rename(struct op *op, int stage)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = op->newfid};
    op->stage = stage;
    ninep_no_change(&t.stat);
    t.stat.name = ninep_text(op->newname);
    if (stage == REPLACE)
        t.stat.muid = ninep_text(NINEP_REPLACE);
    op_say(op, OP_DO, &t);
}

static void found(void *arg, unsigned which, const struct ninep *r, int e)
{
    op_heard(arg, which, 0, r && r->names != 1 ? ENOENT : e);
}

static void say_find(struct op *op)
{
    struct ninep t = {.type = NINEP_TWALK, .fid = op->node->fid, .names = 1};
    op->victim = t.newfid = node_take_fid(&op->m->nodes);
    if (t.newfid == NINEP_NOFID) {
        op_fail(op, ENFILE);
        return;
    }
    t.name[0] = ninep_text(op->newname);
    op->stage = FIND;
    op_say_to(op, OP_STAT, &t, found);
}

static void say_remove(struct op *op)
{
    struct ninep t = {.type = NINEP_TREMOVE, .fid = op->victim};
    op->stage = REMOVE;
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

static void done(struct op *op)
{
    struct nodes *n = &op->m->nodes;
    struct node *node = node_find(n, op->node, op->name);
    struct node *other = node_find(n, op->node, op->newname);
    if (node && node->qid.path == op->qid.path) {
        node_move(n, node, op->node, op->newname);
        lose_paths(n, node);
        node_got(n, node, op->newfid);
        op->newfid = NINEP_NOFID;
    } else if (other)
        node_gone(n, other);
    op_fail(op, 0);
}

static void rename_go(struct op *op)
{
    struct mount *m = op->m;
    int e = op->e[OP_WALK] ? op->e[OP_WALK] : op->e[OP_DO];
    if (!op_fid(op, op->node) || !op_room(op, 2, 0))
        return;
    switch (op->stage) {
    case WALK:
        if (!op_newfid(op))
            return;
        node_dirty(m, op->node);
        op_glance_hide(m, op->node, op->name);
        op_glance_hide(m, op->node, op->newname);
        op_say_walk(op, op->node->fid, op->name);
        say_rename(op, op->flags || m->replaces < 0 ? PLAIN : REPLACE);
        return;
    case REPLACE:
        if (!e)
            m->replaces = 1;
        else if (op_early(op, OP_DO)) {
            say_rename(op, REPLACE);
            return;
        } else if (!op->e[OP_WALK] && m->replaces < 1 && e != EEXIST) {
            say_rename(op, PLAIN);
            return;
        }
        break;
    case PLAIN:
        if (!e && !op->flags)
            m->replaces = -1;
        else if (e && op_early(op, OP_DO)) {
            say_rename(op, PLAIN);
            return;
        }
        break;
    case FIND:
        if (!op->e[OP_STAT]) {
            say_remove(op);
            return;
        }
        node_give_fid(&m->nodes, op->victim);
        op_fail(op, op->e[OP_STAT]);
        return;
    case REMOVE:
        node_give_fid(&m->nodes, op->victim);
        if (e)
            break;
        say_rename(op, AGAIN);
        return;
    }
    if (!e)
        done(op);
    else if (e == EEXIST && !op->flags && op->stage < FIND)
        say_find(op);
    else
        op_fail(op, e);
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
    op = op_named(req, rename_go, parent, name);
    if (!op)
        return;
    op->flags = (int)flags;
    op->newname = strdup(newname);
    if (op->newname)
        op->go(op);
    else
        op_fail(op, ENOMEM);
}

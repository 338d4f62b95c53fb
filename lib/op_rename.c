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

static int is_below(const struct inode *inode, const struct inode *top)
{
    while (inode && inode != top)
        inode = inode->parent;
    return inode != 0;
}

/* To some peers a fid is a path, and what had it before a rename is not there any more.
   The one by which they did it has moved with it. */
static void lose_paths(struct inodes *n, struct inode *top)
{
    int is_dir = top->qid.type & NINEP_QTDIR;
    for (struct inode *inode = is_dir ? n->all : top; inode;
         inode = is_dir ? inode->next : 0)
        if (inode->fid != NINEP_NOFID && !inode->uses && is_below(inode, top))
            inode_lose(n, inode);
}

void op_renamed(struct op *op)
{
    struct inodes *n = &op->m->inodes;
    struct inode *inode = inode_find(n, op->inode, op->name);
    struct inode *other = inode_find(n, op->inode, op->newname);
    if (inode && (inode->says || inode->qid.path == op->qid.path)) {
        inode_move(n, inode, op->inode, op->newname);
        lose_paths(n, inode);
        if (!inode->says) {
            inode_got(n, inode, op->newfid);
            op->newfid = NINEP_NOFID;
        }
    } else if (other)
        inode_gone(n, other);
}

static void rename_go(struct op *op)
{
    struct mount *m = op->m;
    int e = op_error(op);
    if (!op_fid(op, op->inode) || !op_room(op, 2, 0))
        return;
    if (!op->said[OP_WALK]) {
        if (!op_newfid(op))
            return;
        inode_dirty(m, op->inode);
        op_glance_hide(m, op->inode, op->name);
        op_glance_hide(m, op->inode, op->newname);
        op_say_walk(op, op->inode->fid, op->name);
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

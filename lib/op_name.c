/* Names: looked up, forgotten, removed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

int entry_make(struct mount *m, struct inode *parent, const char *name,
               const struct attr *a, struct fuse_entry_param *e)
{
    struct inode *inode = inode_get(&m->inodes, parent, name, &a->qid, &a->link);
    if (!inode)
        return -1;
    memset(e, 0, sizeof *e);
    attr_shown(m, inode, a, &e->attr);
    e->ino = ino_of(m, inode);
    e->generation = inode->generation;
    e->attr_timeout = attr_fresh(m, a);
    e->entry_timeout = m->fresh;
    return 0;
}

/* The kernel counts that it was told, if it was. */
void entry_reply(struct op *op, double fresh)
{
    struct mount *m = op->m;
    struct fuse_entry_param e;
    struct inode *inode;
    attr_link(op->inode, op->name, &op->attr);
    if (entry_make(m, op->inode, op->name, &op->attr, &e)) {
        op_fail(op, ENOMEM);
        return;
    }
    e.entry_timeout = fresh;
    if (e.attr_timeout > fresh)
        e.attr_timeout = fresh;
    inode = inode_of(m, e.ino);
    inode->lookups++;
    if (op->newfid != NINEP_NOFID && op->made && !inode->says) {
        inode_got(&m->inodes, inode, op->newfid);
        op->newfid = NINEP_NOFID;
    }
    if (fuse_reply_entry(op->req, &e))
        inode_forget(&m->inodes, inode, 1);
    op_end(op);
}

/* That a name is missing is never believed: who looks for it may just have been told, in
   another way, that it is there. */
static void lookup_go(struct op *op)
{
    double left = op->m->fresh;
    struct inode *known = inode_find(&op->m->inodes, op->inode, op->name);
    if (!op->said[OP_WALK]) {
        if (known && known->behind.count) {
            op_wait(op, &known->waiters);
            return;
        }
        if (!op->stage++ && op_glance(op, &left)) {
            entry_reply(op, left);
            return;
        }
        if (!op_fid(op, op->inode) || !op_room(op, 2, 0) || !op_newfid(op))
            return;
        op_say_walk(op, op->inode->fid, op->name);
        op_say_stat(op, op->newfid);
        return;
    }
    if (op->e[OP_STAT] == ENOENT && op_anew(op))
        return;
    if (op_error(op) && op_early(op, OP_STAT))
        op_say_stat(op, op->newfid);
    else if (op_error(op))
        op_fail(op, op_error(op));
    else
        entry_reply(op, left);
}

struct op *op_named(fuse_req_t req, void (*go)(struct op *), fuse_ino_t parent,
                    const char *name)
{
    struct op *op;
    if (strlen(name) > NINEP_NAME) {
        fuse_reply_err(req, ENAMETOOLONG);
        return 0;
    }
    op = op_new(req, go, inode_of(mount_of(req), parent));
    if (!op)
        return 0;
    op->name = strdup(name);
    if (op->name)
        return op;
    op_fail(op, ENOMEM);
    return 0;
}

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct op *op = op_named(req, lookup_go, parent, name);
    if (!op)
        return;
    op->asks = 1;
    op->go(op);
}

static void forget(struct mount *m, fuse_ino_t ino, uint64_t count)
{
    if (ino != FUSE_ROOT_ID)
        inode_forget(&m->inodes, inode_of(m, ino), count);
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
    forget(mount_of(req), ino, count);
    fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *f)
{
    for (size_t i = 0; i < count; i++)
        forget(mount_of(req), f[i].ino, f[i].nlookup);
    fuse_reply_none(req);
}

static void say_remove(struct op *op)
{
    struct ninep t = {.type = NINEP_TREMOVE, .fid = op->newfid};
    op_say(op, OP_DO, &t);
}

/* Tremove takes the fid away, also when it fails: so when it is said again, as it may
   have come too early, a fid that is not known means that the first error was the file's.
 */
static void remove_go(struct op *op)
{
    struct inode *known = inode_find(&op->m->inodes, op->inode, op->name);
    if (!op->said[OP_WALK]) {
        if (!op_fid(op, op->inode) || !op_room(op, 3, 0) || !op_newfid(op))
            return;
        inode_dirty(op->m, op->inode);
        op_glance_hide(op->m, op->inode, op->name);
        op_say_walk(op, op->inode->fid, op->name);
        say_remove(op);
        op_say_after(op);
        return;
    }
    if (op->e[OP_DO] && op_early(op, OP_DO)) {
        op->stage = op->e[OP_DO];
        say_remove(op);
        return;
    }
    if (op->e[OP_DO] == EBADF && op->stage)
        op->e[OP_DO] = op->stage;
    op->made = 0;
    if (!op_error(op) && known && (known->says || known->qid.path == op->qid.path))
        inode_gone(&op->m->inodes, known);
    op_fail(op, op_error(op));
}

void op_remove(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct op *op = asker_is_refused(req) ? 0 : op_named(req, remove_go, parent, name);
    if (op)
        op->go(op);
}

/* New files and directories. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

enum { BEGIN, MADE, MODE, THERE, OPENED };

static void say_create(struct op *op)
{
    struct ninep t = {.type = NINEP_TCREATE,
                      .fid = op->newfid,
                      .text = ninep_text(op->name),
                      .mode = open_mode(op->flags)};
    attr_mode(op->m, op->mode, S_ISDIR(op->mode), &t.perm);
    if (S_ISDIR(op->mode)) {
        t.perm |= NINEP_DMDIR;
        t.mode = NINEP_OREAD;
    }
    op_say(op, OP_DO, &t);
}

/* 9P takes away what the directory's mode has not, where Unix has the umask alone. */
static void say_mode(struct op *op)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = op->newfid};
    ninep_no_change(&t.stat);
    t.stat.mode = (op->mode & 0777) | (op->attr.mode & ~0777u);
    op->attr.mode = t.stat.mode;
    op_say(op, OP_DO, &t);
}

/* It was there, unknown to the kernel: look what it is, and open it. */
static void say_look(struct op *op)
{
    op->e[OP_DO] = op->e[OP_STAT] = 0;
    op->again = 0;
    op->stage = THERE;
    inode_lose_fid(&op->m->inodes, op->newfid);
    op->newfid = NINEP_NOFID;
    op->made = 0;
    if (!op_newfid(op))
        return;
    op_say_walk(op, op->inode->fid, op->name);
    op_say_stat(op, op->newfid);
}

static void say_open(struct op *op)
{
    struct ninep t = {
        .type = NINEP_TOPEN, .fid = op->newfid, .mode = open_mode(op->flags)};
    if (op->flags & O_TRUNC)
        t.mode |= NINEP_OTRUNC;
    op->stage = OPENED;
    op_say(op, OP_DO, &t);
}

static void reply_create(struct op *op)
{
    struct mount *m = op->m;
    struct fuse_entry_param e;
    struct inode *inode;
    struct file *f;
    if (entry_make(m, op->inode, op->name, &op->attr, &e)) {
        op_fail(op, ENOMEM);
        return;
    }
    inode = inode_of(m, e.ino);
    inode->lookups++;
    f = file_new(op, inode);
    if (!f) {
        inode_forget(&m->inodes, inode, 1);
        op_fail(op, ENOMEM);
        return;
    }
    file_open(op, f, op->attr.qid.version);
    if (fuse_reply_create(op->req, &e, &op->fi)) {
        file_unuse(f);
        inode_forget(&m->inodes, inode, 1);
    }
    op_end(op);
}

/* What stands for a new file is open, and not for walking. */
static void reply_made(struct op *op)
{
    op->attr.link.at = 0;
    if (op->fi.fh) {
        reply_create(op);
        return;
    }
    inode_lose_fid(&op->m->inodes, op->newfid);
    op->newfid = NINEP_NOFID;
    entry_reply(op, op->m->fresh);
}

static void create_go(struct op *op)
{
    int e = op_error(op);
    uint32_t perm;
    if (attr_mode(op->m, op->mode, S_ISDIR(op->mode), &perm)) {
        op_fail(op, EPERM);
        return;
    }
    if (!op_fid(op, op->inode) || !op_room(op, 4, 0))
        return;
    switch (op->stage) {
    case BEGIN:
        if (!op_newfid(op))
            return;
        op->stage = MADE;
        inode_dirty(op->m, op->inode);
        op_glance_hide(op->m, op->inode, op->name);
        op_say_walk(op, op->inode->fid, 0);
        say_create(op);
        op_say_stat(op, op->newfid);
        op_say_after(op);
        return;
    case MADE:
        if (op->e[OP_WALK])
            break;
        if (op->e[OP_DO] == EEXIST && op->fi.fh && !(op->flags & O_EXCL)) {
            say_look(op);
            return;
        }
        if (op->e[OP_DO] && op_early(op, OP_DO)) {
            say_create(op);
            return;
        }
        /* What was said too early may have been said of the directory. */
        if (!op->e[OP_DO] && (op->e[OP_STAT] || op->attr.qid.path != op->qid.path) &&
            !(op->again & 1 << OP_STAT)) {
            op->again |= 1 << OP_STAT;
            op_say_stat(op, op->newfid);
            return;
        }
        if (!e && (op->attr.mode ^ op->mode) & 0777) {
            op->stage = MODE;
            say_mode(op);
            return;
        }
        break;
    case MODE:
        e = 0;
        break;
    case THERE:
        if (e && op_early(op, OP_STAT)) {
            op_say_stat(op, op->newfid);
            return;
        }
        if (!e && !op->attr.link.at) {
            say_open(op);
            return;
        }
        /* The kernel looks again, and follows the link, if it may. */
        e = e ? e : ESTALE;
        break;
    case OPENED:
        break;
    }
    if (e)
        op_fail(op, e);
    else
        reply_made(op);
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
               struct fuse_file_info *fi)
{
    struct op *op = asker_is_refused(req) ? 0 : op_named(req, create_go, parent, name);
    if (!op)
        return;
    op->mode = mode & 07777;
    op->flags = fi->flags;
    op->fi = *fi;
    op->fi.fh = 1;
    op->go(op);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    struct op *op = asker_is_refused(req) ? 0 : op_named(req, create_go, parent, name);
    if (!op)
        return;
    op->mode = (mode & 07777) | S_IFDIR;
    op->go(op);
}

/* Devices mean nothing elsewhere, and FIFOs and sockets are made by nobody in 9P. */
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t dev)
{
    struct op *op;
    (void)dev;
    if (!S_ISREG(mode)) {
        fuse_reply_err(req, EPERM);
        return;
    }
    op = asker_is_refused(req) ? 0 : op_named(req, create_go, parent, name);
    if (!op)
        return;
    op->mode = mode & 07777;
    op->go(op);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
    (void)target;
    (void)parent;
    (void)name;
    fuse_reply_err(req, EPERM);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
    (void)ino;
    (void)parent;
    (void)name;
    fuse_reply_err(req, EPERM);
}

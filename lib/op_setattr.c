/* What is known of a file, changed. */
#include <errno.h>
#include <time.h>

#include "op.h"

int attr_mode(const struct mount *m, mode_t mode, int is_dir, uint32_t *said)
{
    mode_t sayable = 0777 | (m->ours && is_dir ? S_ISVTX : 0);
    *said = (mode & 0777) | (mode & S_ISVTX ? NINEP_DMSETVTX : 0);
    return mode & 07777 & ~sayable ? EPERM : 0;
}

/* Returns an errno. */
static int say_time(uint32_t *said, time_t t)
{
    *said = (uint32_t)t;
    return t < 0 || t >= UINT32_MAX ? EINVAL : 0;
}

/* What is not among these is as it should be, or cannot be said; when a file was read is
   what only ours let us set. Returns an errno. */
static int changes(struct op *op, struct ninep_stat *s)
{
    const struct mount *m = op->m;
    int set = op->flags, e = 0;
    ninep_no_change(s);
    if ((set & FUSE_SET_ATTR_UID && op->set.st_uid != op->inode->uid) ||
        (set & FUSE_SET_ATTR_GID && op->set.st_gid != op->inode->gid))
        return EPERM;
    if (set & FUSE_SET_ATTR_MODE) {
        e = attr_mode(m, op->set.st_mode, op->inode->qid.type & NINEP_QTDIR, &s->mode);
        s->mode |= (uint32_t)op->inode->qid.type << 24;
    }
    if (!e && set & FUSE_SET_ATTR_MTIME)
        e = say_time(&s->mtime,
                     set & FUSE_SET_ATTR_MTIME_NOW ? time(0) : op->set.st_mtim.tv_sec);
    if (!e && m->ours && set & FUSE_SET_ATTR_ATIME)
        e = say_time(&s->atime,
                     set & FUSE_SET_ATTR_ATIME_NOW ? time(0) : op->set.st_atim.tv_sec);
    if (e)
        return e;
    if (set & FUSE_SET_ATTR_SIZE)
        s->length = (uint64_t)op->set.st_size;
    return 0;
}

static int says_something(const struct ninep_stat *s)
{
    return s->mode != UINT32_MAX || s->mtime != UINT32_MAX || s->atime != UINT32_MAX ||
           s->length != UINT64_MAX;
}

/* Is a file to be cut by its name, not an open one? Then it must be the one that has the
   name now. */
static int by_name(const struct op *op)
{
    return !op->file && op->inode->name && op->flags & FUSE_SET_ATTR_SIZE;
}

static void setattr_go(struct op *op)
{
    const uint32_t mode_bits = 0777 | NINEP_DMSETVTX;
    struct ninep t = {.type = NINEP_TWSTAT};
    int e;
    if (op->said[OP_STAT]) {
        e = op_error(op);
        if (e) {
            op_fail(op, op_is_gone(op) ? ESTALE : e);
            return;
        }
        /* The peer may have looked before he changed it. */
        if (op->flags & FUSE_SET_ATTR_SIZE)
            op->attr.length = (uint64_t)op->set.st_size;
        changes(op, &t.stat);
        if (op->flags & FUSE_SET_ATTR_MODE)
            op->attr.mode = (op->attr.mode & ~mode_bits) | (t.stat.mode & mode_bits);
        if (t.stat.mtime != UINT32_MAX)
            op->attr.mtime = t.stat.mtime;
        if (t.stat.atime != UINT32_MAX)
            op->attr.atime = t.stat.atime;
        attr_reply(op);
        return;
    }
    if (op->inode->behind.count) {
        op_wait(op, &op->inode->waiters);
        return;
    }
    if (by_name(op) && !op->said[OP_WALK]) {
        op_walk_again(op, 0);
        return;
    }
    e = op_is_another(op) ? ESTALE : op_error(op);
    if (!e)
        e = changes(op, &t.stat);
    if (e) {
        op_fail(op, e);
        return;
    }
    if (!attr_fid(op, &t.fid) || !op_room(op, 2, 0))
        return;
    inode_dirty(op->m, op->inode);
    if (says_something(&t.stat))
        op_say(op, OP_DO, &t);
    op_say_stat(op, t.fid);
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int set,
                struct fuse_file_info *fi)
{
    struct op *op;
    int e;
    if (!fi && asker_is_refused(req))
        return;
    op = fi ? op_of_file(req, setattr_go, fi)
            : op_new(req, setattr_go, inode_of(mount_of(req), ino));
    if (!op)
        return;
    op->set = *st;
    op->flags = set;
    if (!op->inode->says) {
        op->go(op);
        return;
    }
    e = link_refusal(op);
    op->go = link_getattr_go;
    if (e)
        op_fail(op, e);
    else
        op->go(op);
}

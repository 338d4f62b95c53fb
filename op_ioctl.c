/* Of all that ioctl(2) has, only an exclusive open travels. */
#include <errno.h>
#include <sys/ioctl.h>

#include "op.h"

static void say_exclusive(struct op *op)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = op->file->fid};
    ninep_no_change(&t.stat);
    t.stat.mode = (op->attr.mode & ~NINEP_DMEXCL) | op->mode;
    op_say(op, OP_DO, &t);
}

static void exclusive_go(struct op *op)
{
    int e = op_error(op);
    if (e)
        op_fail(op, e == EINVAL ? ENOTTY : e);
    else if (!op->said[OP_STAT]) {
        if (op_room(op, 1, 0))
            op_say_stat(op, op->file->fid);
    } else if (!op->said[OP_DO]) {
        if (op_room(op, 1, 0))
            say_exclusive(op);
    } else {
        fuse_reply_ioctl(op->req, 0, 0, 0);
        op_end(op);
    }
}

void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned cmd, void *arg,
              struct fuse_file_info *fi, unsigned flags, const void *in, size_t in_size,
              size_t out_size)
{
    struct mount *m = mount_of(req);
    const struct node *node = node_of(m, ino);
    struct op *op;
    (void)arg;
    (void)in;
    (void)in_size;
    (void)out_size;
    if ((cmd != TIOCEXCL && cmd != TIOCNXCL) || flags & FUSE_IOCTL_DIR || !m->ours ||
        node->qid.version || node->qid.type & NINEP_QTDIR) {
        fuse_reply_err(req, ENOTTY);
        return;
    }
    op = op_of_file(req, exclusive_go, fi);
    if (!op)
        return;
    op->mode = cmd == TIOCEXCL ? NINEP_DMEXCL : 0;
    op->go(op);
}

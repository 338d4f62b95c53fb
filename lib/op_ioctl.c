/* Of all that ioctl(2) has, only the exclusive use of a tty is for the peer; nobody waits
   for him to hear that anything else is not. */
#include <errno.h>
#include <sys/ioctl.h>

#include "op.h"

static void exclusive_go(struct op *op)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = op->file->fid};
    if (op->said[OP_DO]) {
        if (op->e[OP_DO])
            op_fail(op, op->e[OP_DO]);
        else {
            fuse_reply_ioctl(op->req, 0, 0, 0);
            op_end(op);
        }
        return;
    }
    if (!op_room(op, 1, 0))
        return;
    ninep_no_change(&t.stat);
    t.stat.muid = ninep_text(op->flags == TIOCEXCL ? NINEP_EXCLUSIVE : NINEP_SHARED);
    op_say(op, OP_DO, &t);
}

void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned what, void *arg,
              struct fuse_file_info *fi, unsigned flags, const void *in, size_t in_size,
              size_t out_size)
{
    const struct mount *m = mount_of(req);
    struct op *op;
    (void)ino;
    (void)arg;
    (void)in;
    (void)in_size;
    (void)out_size;
    if ((what != TIOCEXCL && what != TIOCNXCL) || flags & FUSE_IOCTL_DIR || !m->ours ||
        !file_of(fi)->direct) {
        fuse_reply_err(req, ENOTTY);
        return;
    }
    op = op_of_file(req, exclusive_go, fi);
    if (!op)
        return;
    op->flags = (int)what;
    op->go(op);
}

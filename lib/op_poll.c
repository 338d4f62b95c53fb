/* Can something be read from a device? A Tread of no bytes is answered then, by our own
   exporter; a Tflush of nothing, said behind it, is answered at once: so we know whether
   it can now. A stranger answers both at once, and everything can always be read. */
#include <fcntl.h>
#include <poll.h>

#include "op.h"

static void ready_heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct file *f = arg;
    (void)which;
    (void)r;
    (void)e;
    f->asked = -1;
    f->ready = 1;
    if (f->poll) {
        fuse_lowlevel_notify_poll(f->poll);
        fuse_pollhandle_destroy(f->poll);
        f->poll = 0;
    }
    file_unuse(f);
}

static void reply_poll(struct op *op)
{
    struct file *f = op->file;
    unsigned can = f->writes ? POLLOUT | POLLWRNORM : 0;
    if (!f->direct || f->ready)
        can |= POLLIN | POLLRDNORM;
    else if (op->poll) {
        if (f->poll)
            fuse_pollhandle_destroy(f->poll);
        f->poll = op->poll;
        op->poll = 0;
    }
    fuse_reply_poll(op->req, can);
    op_end(op);
}

static void poll_go(struct op *op)
{
    struct file *f = op->file;
    struct ninep read = {.type = NINEP_TREAD, .fid = f->fid};
    struct ninep fence = {.type = NINEP_TFLUSH, .oldtag = CALL_TAGS};
    if (!f->direct || op->said[OP_DO] || (op->flags & O_ACCMODE) == O_WRONLY ||
        f->asked >= 0) {
        reply_poll(op);
        return;
    }
    if (!op_room(op, 2, 0))
        return;
    f->ready = 0;
    f->asked = call_say(&op->m->calls, &read, ready_heard, f, 0);
    if (f->asked >= 0)
        file_use(f);
    op_say(op, OP_DO, &fence);
}

void op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
             struct fuse_pollhandle *poll)
{
    struct op *op = op_of_file(req, poll_go, fi);
    (void)ino;
    if (!op) {
        if (poll)
            fuse_pollhandle_destroy(poll);
        return;
    }
    op->poll = poll;
    op->go(op);
}

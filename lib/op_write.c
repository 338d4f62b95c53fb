/* Writing. Of files a write is answered when it is on its way, and its error kept
   until fsync(2) has told it; of devices when the peer has answered. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

/* It must wait: keep the bytes, which are the kernel's only as long as it is asked. */
static int hold(struct op *op)
{
    if (op->data)
        return 1;
    op->data = malloc(op->size);
    if (!op->data) {
        op_fail(op, ENOMEM);
        return 0;
    }
    memcpy(op->data, op->bytes, op->size);
    op->bytes = (char *)op->data;
    if (!op->file->direct) {
        op->held = 1;
        op->m->held++;
    }
    return 1;
}

static int room(struct op *op, uint32_t n)
{
    struct mount *m = op->m;
    if ((m->room.first || !call_room(&m->calls, 2, n)) && !hold(op))
        return 0;
    return op_room(op, 2, n);
}

static void dirty(struct op *op, uint64_t end)
{
    struct node *node = op->node;
    node_dirty(op->m, node);
    if (node->length < end && node->qid.version)
        node->length = end;
}

static struct ninep question(const struct op *op)
{
    const struct file *f = op->file;
    size_t left = op->size - op->done;
    struct ninep t = {.type = NINEP_TWRITE,
                      .fid = f->fid,
                      .offset = op->offset + op->done,
                      .count = left < f->unit ? (uint32_t)left : f->unit,
                      .data = (const unsigned char *)op->bytes + op->done};
    return t;
}

static void written(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct behind_write *w = arg;
    struct file *f = w->file;
    struct mount *m = f->m;
    (void)which;
    if (!r || r->count != w->count)
        behind_failed(&f->error, r ? ENOSPC : e);
    behind_end(&m->behind, &f->node->behind, w);
    if (!f->node->behind.count)
        op_wake(m, &f->node->waiters);
    op_wake(m, &m->slots);
    file_unuse(f);
}

static void file_go(struct op *op)
{
    struct mount *m = op->m;
    struct file *f = op->file;
    int e = op->done ? 0 : behind_warns(&f->error);
    if (e) {
        op_fail(op, e);
        return;
    }
    while (op->done < op->size) {
        struct ninep t = question(op);
        struct behind_write *w;
        if (!room(op, t.count))
            return;
        w = behind_begin(&m->behind, &op->node->behind, t.offset, t.count);
        if (!w) {
            if (hold(op))
                op_wait(op, &m->slots);
            return;
        }
        w->file = f;
        if (call_say(&m->calls, &t, written, w, 0) < 0) {
            e = errno;
            behind_end(&m->behind, &op->node->behind, w);
            op_fail(op, e);
            return;
        }
        file_use(f);
        op->done += t.count;
        dirty(op, t.offset + t.count);
    }
    fuse_reply_write(op->req, op->size);
    op_end(op);
}

static void device_heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    uint32_t asked = question(op).count;
    if (r && r->count > asked)
        e = EIO;
    else if (r)
        op->done += r->count;
    op->stage = r && r->count == asked && op->done < op->size; /* is there more? */
    op_heard(op, which, 0, e);
}

/* Of what a peer keeps until a device takes it, there is only so much at a time. */
static int turn(struct op *op)
{
    struct mount *m = op->m;
    if (op->device == 2)
        return 1;
    if (m->devices < OP_DEVICES) {
        if (op->device == 1)
            m->devices_waiting--;
        op->device = 2;
        m->devices++;
        return 1;
    }
    if (op->device == 0) {
        if (m->devices_waiting == OP_HELD) {
            op_fail(op, ENOBUFS);
            return 0;
        }
        if (!hold(op))
            return 0;
        op->device = 1;
        m->devices_waiting++;
    }
    op_wait(op, &m->slots);
    return 0;
}

static void device_go(struct op *op)
{
    struct ninep t = question(op);
    int e = op->e[OP_DO];
    if (e && !op->done) {
        op_fail(op, e == EINTR && op->nonblock && !op->interrupted ? EAGAIN : e);
        return;
    }
    if (e || (op->said[OP_DO] && !op->stage)) {
        fuse_reply_write(op->req, op->done);
        op_end(op);
        return;
    }
    /* More than one message of it cannot be said before the kernel has its answer. */
    if ((t.count < op->size && !hold(op)) || !turn(op) || !room(op, t.count))
        return;
    t = question(op);
    op_say_to(op, OP_DO, &t, device_heard);
    dirty(op, 0);
    if (op->nonblock && op->tag[OP_DO] >= 0)
        call_flush(&op->m->calls, (unsigned)op->tag[OP_DO]);
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
              off_t offset, struct fuse_file_info *fi)
{
    int direct = file_of(fi)->direct;
    struct op *op = op_of_file(req, direct ? device_go : file_go, fi);
    (void)ino;
    if (!op)
        return;
    op->bytes = bytes;
    op->size = size;
    op->offset = (uint64_t)offset;
    op->patient = direct;
    op->nonblock = direct && fi->flags & O_NONBLOCK;
    op->go(op);
}

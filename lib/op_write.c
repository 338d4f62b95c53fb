/* Writing. Of files a write is answered when it is on its way, and its error kept
   until fsync(2) has told it; of maps and devices when the peer has answered. What is
   appended is for the peer to place: where the kernel here believes the end to be, there
   may be what others have appended. */
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
    struct inode *inode = op->inode;
    inode_dirty(op->m, inode);
    if (inode->length < end && inode->qid.version)
        inode->length = end;
}

/* What comes from a map has its place. */
static int appends(const struct op *op)
{
    return op->fi.flags & O_APPEND && !op->fi.writepage;
}

/* Is it for him to place? A device has no end to append at. */
static int is_placed_there(const struct op *op)
{
    return op->m->ours && appends(op) && !op->file->direct;
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
    if (is_placed_there(op))
        t.offset = NINEP_APPEND;
    return t;
}

/* It is longer, or not what it was, and the kernel does not know where. */
static void appended(struct inode *inode)
{
    for (struct file *f = inode->files; f; f = f->next)
        inode->appended |= f->cached;
}

static void written(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct behind_write *w = arg;
    struct file *f = w->file;
    struct mount *m = f->m;
    (void)which;
    if (!r || r->count != w->count)
        behind_failed(&f->error, r ? ENOSPC : e);
    if (w->offset == NINEP_APPEND || !f->cached)
        appended(f->inode);
    behind_end(&m->behind, &f->inode->behind, w);
    if (!f->inode->behind.count)
        op_wake(m, &f->inode->waiters);
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
        w = behind_begin(&m->behind, &op->inode->behind, t.offset, t.count);
        if (!w) {
            if (hold(op))
                op_wait(op, &m->slots);
            return;
        }
        w->file = f;
        if (call_say(&m->calls, &t, written, w, 0) < 0) {
            e = errno;
            behind_end(&m->behind, &op->inode->behind, w);
            op_fail(op, e);
            return;
        }
        file_use(f);
        op->done += t.count;
        dirty(op, is_placed_there(op) ? op->inode->length + t.count : t.offset + t.count);
    }
    /* Who unmaps a file waits for the kernel's answer, and asks for nothing else. */
    if (op->fi.writepage && op->inode->behind.count) {
        op_wait(op, &op->inode->waiters);
        return;
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
    if (appends(op))
        appended(op->inode);
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
    dirty(op, t.offset + t.count);
    if (op->nonblock && op->tag[OP_DO] >= 0)
        call_flush(&op->m->calls, (unsigned)op->tag[OP_DO]);
}

/* A stranger is asked where the end is, and written to there. The kernel has one write of
   a file at a time, so nobody else here does so meanwhile. */
static void append_go(struct op *op)
{
    int e;
    if (op->said[OP_STAT]) {
        if (op->e[OP_STAT]) {
            op_fail(op, op->e[OP_STAT]);
            return;
        }
        op->offset = op->attr.length;
        op->go = device_go;
        op->go(op);
        return;
    }
    e = behind_warns(&op->file->error);
    if (e) {
        op_fail(op, e);
        return;
    }
    if (!turn(op) || !hold(op))
        return;
    if (op->inode->behind.count)
        op_wait(op, &op->inode->waiters);
    else if (op_room(op, 1, 0))
        op_say_stat(op, op->file->fid);
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
              off_t offset, struct fuse_file_info *fi)
{
    int direct = file_of(fi)->direct;
    struct op *op = op_of_file(req, direct ? device_go : file_go, fi);
    (void)ino;
    if (!op)
        return;
    if (!op->m->ours && appends(op))
        op->go = append_go;
    op->bytes = bytes;
    op->size = size;
    op->offset = (uint64_t)offset;
    op->patient = direct;
    op->nonblock = direct && fi->flags & O_NONBLOCK;
    op->go(op);
}

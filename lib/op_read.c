/* Reading. What is read from end to end is asked for before the kernel does. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "op.h"

static void fill(struct file *f);

/* A chunk of what is read ahead. Who waits for it is served from where it came; what is
   left is copied. */
static void chunk_heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct ahead_chunk *c = arg;
    struct file *f = c->by;
    struct mount *m = f->m;
    int good = r && r->count && r->count <= c->count;
    (void)which;
    (void)e;
    if (ahead_came(&m->ahead, &f->ahead, c, good ? r->data : 0, good ? r->count : 0,
                   dial_now())) {
        op_wake(m, &f->readers);
        ops_run(m);
        ahead_keep(&m->ahead, &f->ahead, c);
    } else
        op_wake(m, &f->readers);
    fill(f);
    file_unuse(f);
}

static void fill(struct file *f)
{
    struct mount *m = f->m;
    struct ninep t = {.type = NINEP_TREAD, .fid = f->fid};
    struct ahead_chunk *c;
    long long now = dial_now();
    if (!m->up || f->inode->behind.count)
        return;
    while ((c = ahead_want(&m->ahead, &f->ahead, f->inode->length, now))) {
        c->by = f;
        t.offset = c->offset;
        t.count = c->count;
        if (m->room.first || !call_room(&m->calls, 1, 0) ||
            call_say(&m->calls, &t, chunk_heard, c, 0) < 0) {
            ahead_unask(&m->ahead, &f->ahead, c);
            return;
        }
        file_use(f);
    }
}

/* Serve it from what was read ahead: 1 if that is so, or will be. */
static int ahead_serves(struct op *op)
{
    struct mount *m = op->m;
    struct file *f = op->file;
    struct iovec v[AHEAD_PIECES];
    uint64_t length = f->inode->length;
    uint32_t count = (uint32_t)op->size;
    if (op->offset >= length)
        return 0;
    if (count > length - op->offset)
        count = (uint32_t)(length - op->offset);
    if (!op->stage++) {
        ahead_see(&m->ahead, &f->ahead, op->offset, count, dial_now());
        fill(f);
    }
    switch (ahead_holds(&f->ahead, op->offset, count)) {
    case AHEAD_ASKED:
        op_wait(op, &f->readers);
        return 1;
    case AHEAD_HERE:
        fuse_reply_iov(op->req, v, ahead_pieces(&f->ahead, op->offset, count, v));
        ahead_passed(&m->ahead, &f->ahead, op->offset, count);
        op_end(op);
        return 1;
    default:
        return 0;
    }
}

/* Is a read of what is left over when n bytes have come? Nothing is what stands behind
   the end; of what comes bit by bit as much as there is now; but a file may come in
   smaller pieces than it was asked for. */
static int over(const struct op *op, uint32_t n)
{
    const struct inode *inode = op->inode;
    return !n || op->done + n >= op->size || (op->file->direct && !inode->length) ||
           op->offset + op->done + n == inode->length;
}

static void read_heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    uint32_t n = r ? r->count : 0;
    if (n > op->size - op->done)
        e = EIO;
    else if (r && op->req) {
        if (over(op, n) && !op->done) {
            fuse_reply_buf(op->req, (const char *)r->data, n);
            op->req = 0;
        } else if (!op->data && !(op->data = malloc(op->size)))
            e = ENOMEM;
        else {
            int last = over(op, n);
            memcpy(op->data + op->done, r->data, n);
            op->done += n;
            if (last) {
                fuse_reply_buf(op->req, (char *)op->data, op->done);
                op->req = 0;
            }
        }
    }
    op_heard(op, which, 0, e);
}

static void read_go(struct op *op)
{
    struct file *f = op->file;
    struct ninep t = {.type = NINEP_TREAD, .fid = f->fid};
    int e = op->e[OP_DO];
    if (e) {
        op_fail(op, e == EINTR && op->nonblock && !op->interrupted ? EAGAIN : e);
        return;
    }
    if (!f->direct && op->inode->behind.count) {
        op_wait(op, &op->inode->waiters);
        return;
    }
    if ((!f->direct && !op->done && ahead_serves(op)) || !op_room(op, 2, 0))
        return;
    t.offset = op->offset + op->done;
    t.count = op->size - op->done < f->unit ? (uint32_t)(op->size - op->done) : f->unit;
    op_say_to(op, OP_DO, &t, read_heard);
    if (op->nonblock && op->tag[OP_DO] >= 0)
        call_flush(&op->m->calls, (unsigned)op->tag[OP_DO]);
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
             struct fuse_file_info *fi)
{
    struct op *op = op_of_file(req, read_go, fi);
    (void)ino;
    if (!op)
        return;
    op->size = size;
    op->offset = (uint64_t)offset;
    op->asks = 1;
    op->patient = op->file->direct;
    op->nonblock = op->file->direct && fi->flags & O_NONBLOCK;
    op->go(op);
}

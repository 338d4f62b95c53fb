/* Files that are open: opened, flushed, synced, closed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

void inode_dirty(struct mount *m, struct inode *inode)
{
    inode->kept = 0;
    inode->changed = ++m->changes;
    if (inode->name)
        op_glance_hide(m, inode->parent, inode->name);
    for (struct file *f = inode->files; f; f = f->next) {
        ahead_drop(&m->ahead, &f->ahead);
        op_wake(m, &f->readers);
    }
}

void file_use(struct file *f)
{
    f->uses++;
}

void file_unuse(struct file *f)
{
    struct file **at = &f->inode->files;
    struct mount *m = f->m;
    if (--f->uses)
        return;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    m->files--;
    ahead_drop(&m->ahead, &f->ahead);
    if (f->poll)
        fuse_pollhandle_destroy(f->poll);
    if (f->fid != NINEP_NOFID)
        inode_lose_fid(&m->inodes, f->fid);
    inode_drop(&m->inodes, f->inode);
    free(f->listing);
    free(f);
}

struct file *file_new(struct op *op, struct inode *inode)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f)
        return 0;
    f->m = op->m;
    f->inode = inode;
    f->next = inode->files;
    inode->files = f;
    f->m->files++;
    inode_hold(inode);
    f->uses = 1;
    f->fid = NINEP_NOFID;
    f->asked = -1;
    return f;
}

/* Of an empty file that is only read the length may not be true: so it is with what
   Linux and Plan 9 make up when it is read. What is appended comes as it was written when
   the kernel keeps no copies of it; else it is cut where pages end, which others' lines
   may come between. */
void file_open(struct op *op, struct file *f, uint32_t version)
{
    struct mount *m = op->m;
    struct inode *inode = f->inode;
    int reads = (op->flags & O_ACCMODE) == O_RDONLY;
    f->fid = op->newfid;
    op->newfid = NINEP_NOFID;
    op->made = 0;
    f->unit = op->iounit && op->iounit < m->unit ? op->iounit : m->unit;
    f->writes = !reads;
    f->direct = !version || (!inode->length && reads);
    op->fi.fh = (uintptr_t)f;
    if (inode->qid.type & NINEP_QTDIR)
        return;
    f->cached = !f->direct && (reads || !(op->flags & O_APPEND));
    op->fi.direct_io = !f->cached;
    op->fi.noflush = reads;
    op->fi.keep_cache = version && version == inode->kept;
    inode->kept = version;
}

uint8_t open_mode(int flags)
{
    static const uint8_t mode[] = {NINEP_OREAD, NINEP_OWRITE, NINEP_ORDWR, NINEP_ORDWR};
    return mode[flags & O_ACCMODE];
}

static void say_open(struct op *op)
{
    struct ninep t = {
        .type = NINEP_TOPEN, .fid = op->newfid, .mode = open_mode(op->flags)};
    if (op->flags & O_TRUNC) {
        t.mode |= NINEP_OTRUNC;
        inode_dirty(op->m, op->inode);
    }
    op_say(op, OP_DO, &t);
    if (op->nonblock && op->tag[OP_DO] >= 0)
        call_flush(&op->m->calls, (unsigned)op->tag[OP_DO]);
}

/* What the kernel knows of it may be old: then it looks again. */
static void reply_open(struct op *op)
{
    struct mount *m = op->m;
    struct inode *inode = op->inode;
    struct file *f = file_new(op, inode);
    if (!f) {
        op_fail(op, ENOMEM);
        return;
    }
    if (op->flags & O_TRUNC)
        inode->length = 0;
    else if (op->qid.version != inode->qid.version && !(inode->qid.type & NINEP_QTDIR))
        fuse_lowlevel_notify_inval_inode(m->session, ino_of(m, inode), -1, 0);
    inode->qid.version = op->qid.version;
    file_open(op, f, op->qid.version);
    if (fuse_reply_open(op->req, &op->fi))
        file_unuse(f);
    op_end(op);
}

/* By its name, for it may be another file now that has it: then the kernel is told to
   look again. Before the peer empties a file it must be known to be that one. */
static void open_go(struct op *op)
{
    struct inode *inode = op->inode;
    int e = op_error(op);
    if (!op->said[OP_WALK]) {
        if (op->flags & O_TRUNC && inode->behind.count) {
            op_wait(op, &inode->waiters);
            return;
        }
        if (!(asker_is_user(op) ? asker_walk(op, 2) : op_walk_again(op, 2)))
            return;
        op->patient = inode_waits(inode);
        op->nonblock = op->patient && op->flags & O_NONBLOCK;
        if (!(op->flags & O_TRUNC))
            say_open(op);
        return;
    }
    if (op->e[OP_DO] == ENOENT && op->names && op_anew(op))
        return;
    if (op_is_another(op))
        op_fail(op, ESTALE);
    else if (!e && !op->said[OP_DO]) {
        if (op_room(op, 1, 0))
            say_open(op);
    } else if (op->e[OP_DO] && op_early(op, OP_DO))
        say_open(op);
    else if (e)
        op_fail(op, e == EINTR && op->nonblock && !op->interrupted ? ENXIO : e);
    else
        reply_open(op);
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct op *op = op_new(req, open_go, inode_of(mount_of(req), ino));
    if (!op)
        return;
    if (op->inode->says) {
        op_fail(op, EIO);
        return;
    }
    op->flags = fi->flags;
    op->asks = !(fi->flags & O_TRUNC);
    op->uid = fuse_req_ctx(req)->uid;
    op->fi = *fi;
    op->go(op);
}

/* close(2): what was answered before the peer had done it is done now, or failed. */
static void flush_go(struct op *op)
{
    if (op->inode->behind.count)
        op_wait(op, &op->inode->waiters);
    else
        op_fail(op, op->file->error.error);
}

void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct op *op = op_of_file(req, flush_go, fi);
    (void)ino;
    if (op)
        op->go(op);
}

/* Not every server takes a Twstat that changes nothing as this; that is no failure of
   the file. */
static int fsync_error(int e)
{
    switch (e) {
    case EPERM:
    case EACCES:
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
        return 0;
    }
    return e;
}

static void fsync_go(struct op *op)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = op->file->fid};
    int e;
    if (op->said[OP_DO]) {
        e = behind_told(&op->file->error);
        op_fail(op, e ? e : fsync_error(op->e[OP_DO]));
        return;
    }
    if (op->inode->behind.count) {
        op_wait(op, &op->inode->waiters);
        return;
    }
    if (!op_room(op, 1, 0))
        return;
    ninep_no_change(&t.stat);
    op_say(op, OP_DO, &t);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int data, struct fuse_file_info *fi)
{
    struct op *op = op_of_file(req, fsync_go, fi);
    (void)ino;
    (void)data;
    if (op)
        op->go(op);
}

/* Nobody asks any more whether something can be read. */
static void release_go(struct op *op)
{
    struct file *f = op->file;
    if (f->asked >= 0 && call_flush(&op->m->calls, (unsigned)f->asked)) {
        op->retried = 0;
        op_room(op, CALL_LAST, 0);
        return;
    }
    file_unuse(f);
    op_fail(op, 0);
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct file *f = file_of(fi);
    struct op *op;
    (void)ino;
    if (f->asked < 0) {
        file_unuse(f);
        fuse_reply_err(req, 0);
        return;
    }
    op = op_of_file(req, release_go, fi);
    if (op) {
        op->go(op);
        return;
    }
    call_flush(&f->m->calls, (unsigned)f->asked);
    file_unuse(f);
}

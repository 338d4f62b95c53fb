/* The end: the kernel gets its answers, the file system goes away, and then all fids are
   given back, the root's last. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mount.h"
#include "op.h"

static void answer_all(struct mount *m, int e)
{
    for (struct op *op = m->all, *next; op; op = next) {
        next = op->all_next;
        if (op->replacing && op->req) {
            fuse_reply_err(op->req, e);
            op->req = 0;
        } else if (op->req)
            op_fail(op, e);
    }
}

/* The kernel has forgotten all files without saying so. */
static void close_files(struct mount *m)
{
    for (struct inode *inode = m->inodes.all; inode; inode = inode->next)
        for (struct file *f = inode->files; f; f = f->next)
            if (f->poll) {
                fuse_lowlevel_notify_poll(f->poll); /* he asks again, and hears it */
                fuse_pollhandle_destroy(f->poll);
                f->poll = 0;
            }
}

void mount_leave(struct mount *m, int e)
{
    if (m->state != MOUNT_ATTACHING && m->state != MOUNT_UP)
        return;
    m->end = e;
    m->state = MOUNT_LEAVING;
    m->up = 0;
    answer_all(m, e);
    close_files(m);
    mount_session_close(m);
    mount_go_on(m);
}

/* All fids the peer knows of, but for the root's. */
static void lose_all(struct mount *m)
{
    static unsigned char known[INODE_FIDS];
    memset(known, 1, sizeof known);
    for (unsigned i = 0; i < m->inodes.frees; i++)
        known[m->inodes.free[i]] = 0;
    for (unsigned i = 0; i < m->inodes.losts; i++)
        known[m->inodes.lost[i]] = 0;
    for (uint32_t fid = 1; fid < INODE_FIDS; fid++)
        if (known[fid])
            inode_lose_fid(&m->inodes, fid);
}

/* Of a fid that is being given back the answer must be known: it comes when the file is
   closed, and what was written is where it should be. */
static int may_be_flushed(const struct call *call)
{
    return call->heard && call->type != NINEP_TFLUSH && call->type != NINEP_TCLUNK &&
           call->type != NINEP_TREMOVE;
}

/* What may never be answered is flushed; when nothing of ours is under way any more all
   fids are given back, and that of the root behind them. */
void mount_leave_go_on(struct mount *m)
{
    if (!m->versioned)
        return;
    for (unsigned tag = 0; tag < CALL_TAGS && m->left == LEFT_NOTHING; tag++)
        if (may_be_flushed(&m->calls.call[tag]) && call_flush(&m->calls, tag))
            return;
    if (m->ops || call_pending(&m->calls) || m->inodes.losts)
        return;
    if (m->attached && m->left == LEFT_NOTHING) {
        m->left = LEFT_FIDS;
        lose_all(m);
    }
    if (m->attached && m->left == LEFT_FIDS && !m->inodes.losts) {
        m->left = LEFT_ROOT;
        inode_lose_fid(&m->inodes, 0);
    } else if (!m->inodes.losts)
        m->state = MOUNT_OVER;
}

void mount_close(struct mount *m)
{
    struct inode *inode;
    struct op *op, *next;
    m->state = MOUNT_OVER;
    m->up = 0;
    m->left = LEFT_WIRE;
    answer_all(m, m->end ? m->end : EIO);
    mount_session_close(m);
    calls_end(&m->calls, EIO);
    for (op = m->all; op; op = next) {
        next = op->all_next;
        if (op->replacing)
            op->go(op);
    }
    for (inode = m->inodes.all; inode; inode = inode->next)
        while (inode->files) {
            struct file *f = inode->files;
            inode->files = f->next;
            free(f->listing);
            free(f);
        }
    op_glances_close(m);
    inodes_close(&m->inodes);
    ahead_close(&m->ahead);
    free(m->source);
    free(m);
}

#include "op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void interrupt(fuse_req_t req, void *arg)
{
    struct op *op = arg;
    (void)req;
    op->interrupted = 1;
    op->m->interrupts = 1;
}

struct op *op_new(fuse_req_t req, void (*go)(struct op *), struct inode *inode)
{
    struct mount *m = mount_of(req);
    struct op *op = m->ops < OP_MOST && m->up ? calloc(1, sizeof *op) : 0;
    if (!op) {
        fuse_reply_err(req, m->up ? ENOMEM : m->end);
        return 0;
    }
    op->m = m;
    op->req = req;
    op->go = go;
    op->newfid = op->way_fid = NINEP_NOFID;
    op->inode = inode;
    inode_hold(inode);
    op->all_next = m->all;
    op->all_link = &m->all;
    if (m->all)
        m->all->all_link = &op->all_next;
    m->all = op;
    m->ops++;
    fuse_req_interrupt_func(req, interrupt, op);
    return op;
}

struct op *op_of_file(fuse_req_t req, void (*go)(struct op *),
                      const struct fuse_file_info *fi)
{
    struct file *f = file_of(fi);
    struct op *op = op_new(req, go, f->inode);
    if (op) {
        op->fi = *fi;
        op->flags = fi->flags;
        op->file = f;
        file_use(f);
    }
    return op;
}

void op_unqueue(struct op *op)
{
    struct op_queue *q = op->queue;
    if (!q)
        return;
    if (op->before)
        op->before->next = op->next;
    else
        q->first = op->next;
    if (op->next)
        op->next->before = op->before;
    else
        q->last = op->before;
    op->queue = 0;
    op->next = op->before = 0;
}

void op_wait(struct op *op, struct op_queue *q)
{
    op_unqueue(op);
    op->queue = q;
    op->before = q->last;
    if (q->last)
        q->last->next = op;
    else
        q->first = op;
    q->last = op;
}

static void wait_first(struct op *op, struct op_queue *q)
{
    op_unqueue(op);
    op->queue = q;
    op->next = q->first;
    if (q->first)
        q->first->before = op;
    else
        q->last = op;
    q->first = op;
}

void op_wake(struct mount *m, struct op_queue *q)
{
    while (q->first)
        op_wait(q->first, &m->ready);
}

void ops_run(struct mount *m)
{
    struct op *op;
    while ((op = m->ready.first)) {
        op_unqueue(op);
        if (!op->out)
            op->go(op);
    }
    m->stuck = 0;
    while (!m->stuck && (op = m->room.first)) {
        op_unqueue(op);
        op->retried = 1;
        op->go(op);
    }
}

int op_room(struct op *op, unsigned messages, size_t data)
{
    struct mount *m = op->m;
    /* Who comes later waits behind those who wait. */
    if ((op->retried || !m->room.first) && call_room(&m->calls, messages, data)) {
        op->retried = 0;
        return 1;
    }
    if (op->retried)
        wait_first(op, &m->room);
    else
        op_wait(op, &m->room);
    op->retried = 0;
    m->stuck = 1;
    return 0;
}

void op_end(struct op *op)
{
    struct mount *m = op->m;
    op->req = 0;
    op_unqueue(op);
    if (op->out)
        return; /* the last to hear ends it */
    for (int i = 0; i < 3; i++)
        if (op->used[i])
            inode_unuse(&m->inodes, op->used[i]);
    if (op->newfid != NINEP_NOFID) {
        if (op->made)
            inode_lose_fid(&m->inodes, op->newfid);
        else
            inode_give_fid(&m->inodes, op->newfid);
    }
    if (op->poll)
        fuse_pollhandle_destroy(op->poll);
    if (op->file)
        file_unuse(op->file);
    if (op->other)
        inode_drop(&m->inodes, op->other);
    inode_drop(&m->inodes, op->inode);
    if (op->held)
        m->held--;
    if (op->device == 1)
        m->devices_waiting--;
    if (op->device == 2)
        m->devices--;
    if (op->device || op->held)
        op_wake(m, &m->slots);
    *op->all_link = op->all_next;
    if (op->all_next)
        op->all_next->all_link = op->all_link;
    m->ops--;
    free(op->data);
    free(op->name);
    free(op->newname);
    free(op->replacing);
    free(op->link);
    free(op);
}

/* All names on the way are looked up by the kernel then, and a glance may be as old. */
static void hide(struct mount *m, const struct inode *inode)
{
    for (; inode->name; inode = inode->parent)
        op_glance_hide(m, inode->parent, inode->name);
}

void op_fail(struct op *op, int e)
{
    if (e == ESTALE)
        hide(op->m, op->inode);
    if (op->req)
        fuse_reply_err(op->req, e);
    op_end(op);
}

void op_say_to(struct op *op, unsigned which, struct ninep *t, call_heard *heard)
{
    int tag;
    op->said[which] = 1;
    /* Not all strangers bear a question about a fid that is only being made. */
    if (!op->m->ours && which != OP_WALK && op->said[OP_WALK] && op->tag[OP_WALK] >= 0) {
        op->tag[which] = -1;
        op->e[which] = EBADF; /* too early: it is said again */
        return;
    }
    tag = call_say(&op->m->calls, t, heard, op, which);
    op->e[which] = 0;
    op->tag[which] = tag;
    if (tag >= 0) {
        op->out++;
        return;
    }
    op->e[which] = errno == EMSGSIZE ? ENAMETOOLONG : errno;
    op_wait(op, &op->m->ready);
}

void op_say(struct op *op, unsigned which, struct ninep *t)
{
    op_say_to(op, which, t, op_heard);
}

/* Keep what the answer says. */
static int keep(struct op *op, const struct ninep *r)
{
    switch (r->type) {
    case NINEP_RWALK:
        if (r->names != op->names)
            return asker_is_user(op) ? EACCES : ENOENT; /* to root all was there */
        if (r->names)
            op->qid = r->qid[r->names - 1];
        op->made = 1;
        break;
    case NINEP_ROPEN:
    case NINEP_RCREATE:
        op->qid = r->qid[0];
        op->iounit = r->iounit;
        break;
    case NINEP_RSTAT:
        attr_take(op->m, &op->attr, &r->stat);
        return attr_keep_link(op);
    }
    return 0;
}

void op_heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    op->tag[which] = -1;
    op->e[which] = r ? keep(op, r) : e;
    if (--op->out)
        return;
    if (op->req && op_spare(op))
        return;
    if (op->req || op->replacing)
        op->go(op);
    else
        op_end(op);
}

int op_early(struct op *op, unsigned which)
{
    int e = op->e[which];
    if (op->again & 1 << which || op->e[OP_WALK] || (e != EBADF && e != EIO))
        return 0;
    op->again |= 1 << which;
    return 1;
}

int op_error(const struct op *op)
{
    for (int i = 0; i < OP_CALLS; i++)
        if (op->e[i])
            return op->e[i];
    return 0;
}

#include "op.h"

#include <errno.h>

#include "dial.h"
#include "who.h"

enum {
    NONE,
    ASKED,
    ATTACHED,
    OLD = 60000 /* milliseconds, after which the peer is asked anew who he is */
};

int asker_is_user(const struct op *op)
{
    return op->m->users.wanted && op->uid;
}

int asker_is_refused(fuse_req_t req)
{
    if (!mount_of(req)->users.wanted || !fuse_req_ctx(req)->uid)
        return 0;
    fuse_reply_err(req, EPERM);
    return 1;
}

static void leave(struct mount *m, struct asker *a)
{
    inode_lose_fid(&m->inodes, a->fid);
    a->state = NONE;
}

static void attached(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct mount *m = arg;
    struct asker *a = &m->users.of[which];
    a->state = r ? ATTACHED : NONE;
    a->since = dial_now();
    if (!r)
        inode_give_fid(&m->inodes, a->fid);
    for (struct op *op = a->waiters.first; op && !r; op = op->next)
        op->e[OP_WAY] = e;
    op_wake(m, &a->waiters);
}

static struct asker *find(struct mount *m, uid_t uid)
{
    for (int i = 0; i < ASKER_MOST; i++)
        if (m->users.of[i].state != NONE && m->users.of[i].uid == uid)
            return &m->users.of[i];
    return 0;
}

/* A free one, or that of who has attached first; 0: all are just being asked for. */
static struct asker *get(struct mount *m)
{
    struct asker *a, *oldest = 0;
    for (a = m->users.of; a < m->users.of + ASKER_MOST; a++) {
        if (a->state == NONE)
            return a;
        if (a->state == ATTACHED && (!oldest || a->since < oldest->since))
            oldest = a;
    }
    if (oldest)
        leave(m, oldest);
    return oldest;
}

static void ask(struct op *op, struct asker *a)
{
    struct mount *m = op->m;
    char name[WHO_NAME];
    struct ninep t = {
        .type = NINEP_TATTACH, .afid = NINEP_NOFID, .aname = ninep_text("")};
    t.fid = inode_take_fid(&m->inodes);
    if (t.fid == NINEP_NOFID) {
        op_fail(op, ENFILE);
        return;
    }
    who_user(op->uid, name);
    t.uname = ninep_text(name);
    if (call_say(&m->calls, &t, attached, m, (unsigned)(a - m->users.of)) < 0) {
        inode_give_fid(&m->inodes, t.fid);
        op_fail(op, errno);
        return;
    }
    a->fid = t.fid;
    a->uid = op->uid;
    a->state = ASKED;
    op_wait(op, &a->waiters);
}

/* The user's attach, or 0: not now, or the op has failed. */
static struct asker *attach(struct op *op)
{
    struct mount *m = op->m;
    struct asker *a = find(m, op->uid);
    if (op->e[OP_WAY]) {
        op_fail(op, op->e[OP_WAY]);
        return 0;
    }
    if (a && a->state == ATTACHED && dial_now() - a->since < OLD)
        return a;
    if (a && a->state == ASKED) {
        op_wait(op, &a->waiters);
        return 0;
    }
    if (!op_room(op, 1, 0))
        return 0;
    if (a)
        leave(m, a);
    a = get(m);
    if (a)
        ask(op, a);
    else
        op_fail(op, EAGAIN);
    return 0;
}

int asker_walk(struct op *op, unsigned more)
{
    struct ninep t = {.type = NINEP_TWALK};
    struct inode *inode;
    unsigned depth = inode_depth(op->inode);
    const struct asker *a = attach(op);
    if (!a || !op_room(op, 1 + more, 0) || !op_newfid(op))
        return 0;
    if (depth > NINEP_WALK) {
        op_fail(op, ENAMETOOLONG);
        return 0;
    }
    t.names = depth;
    for (inode = op->inode; inode->name && depth; inode = inode->parent)
        t.name[--depth] = ninep_text(inode->name);
    if (depth || inode->parent) {
        op_fail(op, ESTALE);
        return 0;
    }
    t.fid = a->fid;
    t.newfid = op->newfid;
    op->names = t.names;
    op_say(op, OP_WALK, &t);
    return 1;
}

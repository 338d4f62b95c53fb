/* A rename to a name that a file has, by a peer who refuses that, as the rules say. That
   file is moved aside to a spare name, and removed when the other has taken its place.
   Whatever fails is undone; what cannot be is said. It goes on when the kernel has its
   answer already because the mount goes away. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "op.h"
#include "say.h"

enum { FIND, ASIDE, RENAME, COPY, REMOVE, UNDO, BACK, PLAIN };

enum {
    SPARE = 12, /* bytes; some servers have names of 14 */
    TRIES = 4   /* names that are taken, until it gives up */
};

struct replacing {
    char spare[SPARE + 1];
    uint32_t victim, copy; /* fids of the file that is replaced, NINEP_NOFID: none */
    int tries;
    int error; /* why all is undone */
};

/* Where it is below the mount point, the end of that if it is long. */
static void tell(const struct op *op, const char *how)
{
    const char *name = op->newname;
    char path[512], *at = path + sizeof path - 1;
    *at = 0;
    for (const struct inode *dir = op->inode; name; name = dir->name, dir = dir->parent) {
        size_t n = strlen(name);
        if (n + 1 > (size_t)(at - path))
            break;
        if (*at)
            *--at = '/';
        at -= n;
        memcpy(at, name, n);
    }
    say_warn("%s: what was there before %s the name %s at the peer's now", at, how,
             op->replacing->spare);
}

static void finish(struct op *op, int e)
{
    struct inodes *n = &op->m->inodes;
    struct replacing *r = op->replacing;
    if (r->victim != NINEP_NOFID)
        inode_lose_fid(n, r->victim);
    if (r->copy != NINEP_NOFID)
        inode_lose_fid(n, r->copy);
    if (!e)
        op_renamed(op);
    op_fail(op, e);
}

static void say_rename(struct op *op, int stage, uint32_t fid, const char *name)
{
    struct ninep t = {.type = NINEP_TWSTAT, .fid = fid};
    op->stage = stage;
    ninep_no_change(&t.stat);
    t.stat.name = ninep_text(name);
    op_say(op, OP_DO, &t);
}

static void say_aside(struct op *op)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char random[SPARE];
    struct replacing *r = op->replacing;
    if (getrandom(random, sizeof random, 0) != sizeof random) {
        finish(op, EIO);
        return;
    }
    strcpy(r->spare, ".vlab-");
    for (size_t i = strlen(r->spare); i < SPARE; i++)
        r->spare[i] = letters[random[i] % 32];
    r->tries++;
    say_rename(op, ASIDE, r->victim, r->spare);
}

/* A file that has both names, or one name that is written in two ways, is not removed. */
static void heard(void *arg, unsigned which, const struct ninep *m, int e)
{
    struct op *op = arg;
    struct replacing *r = op->replacing;
    uint32_t *fid = op->stage == FIND ? &r->victim : &r->copy;
    unsigned names = op->stage == FIND;
    if (!m || m->names != names) {
        inode_give_fid(&op->m->inodes, *fid);
        *fid = NINEP_NOFID;
        e = m ? ENOENT : e;
    } else if (names && m->qid[0].path == op->qid.path)
        e = EEXIST;
    op_heard(op, which, 0, e);
}

static void say_walk(struct op *op, int stage, uint32_t from, uint32_t *to)
{
    struct ninep t = {.type = NINEP_TWALK, .fid = from};
    op->stage = stage;
    *to = t.newfid = inode_take_fid(&op->m->inodes);
    if (stage == FIND)
        t.name[t.names++] = ninep_text(op->newname);
    if (t.newfid != NINEP_NOFID)
        op_say_to(op, OP_DO, &t, heard);
    else {
        op->e[OP_DO] = ENFILE;
        op_wait(op, &op->m->ready);
    }
}

static void say_remove(struct op *op)
{
    struct ninep t = {.type = NINEP_TREMOVE, .fid = op->replacing->copy};
    op->stage = REMOVE;
    op_say(op, OP_DO, &t);
}

static void undo(struct op *op, int e)
{
    op->replacing->error = e;
    say_rename(op, UNDO, op->newfid, op->name);
}

static void replace_go(struct op *op)
{
    struct replacing *r = op->replacing;
    int e = op->e[OP_DO];
    if (op->m->left == LEFT_WIRE) {
        if (op->stage != FIND && op->stage != PLAIN)
            tell(op, "may have");
        finish(op, EIO);
        return;
    }
    if (!op_room(op, 1, 0))
        return;
    switch (op->stage) {
    case FIND:
        if (e == ENOENT) /* not any more */
            say_rename(op, PLAIN, op->newfid, op->newname);
        else if (e || !op->req)
            finish(op, e);
        else
            say_aside(op);
        return;
    case ASIDE:
        if (e == EEXIST && r->tries < TRIES)
            say_aside(op);
        else if (e)
            finish(op, e);
        else
            say_rename(op, RENAME, op->newfid, op->newname);
        return;
    case RENAME:
        r->error = e;
        if (e)
            say_rename(op, BACK, r->victim, op->newname);
        else /* Tremove takes the fid, also when it fails */
            say_walk(op, COPY, r->victim, &r->copy);
        return;
    case COPY:
        if (e)
            undo(op, e);
        else
            say_remove(op);
        return;
    case REMOVE:
        inode_give_fid(&op->m->inodes, r->copy);
        r->copy = NINEP_NOFID;
        if (e && e != ENOENT)
            undo(op, e);
        else
            finish(op, 0);
        return;
    case UNDO:
        if (!e) {
            say_rename(op, BACK, r->victim, op->newname);
            return;
        }
        tell(op, "could not be removed, and has");
        finish(op, 0);
        return;
    case BACK:
        if (e)
            tell(op, "could not be brought back, and has");
        finish(op, r->error);
        return;
    case PLAIN:
        finish(op, e);
        return;
    }
}

void op_replace(struct op *op)
{
    op->replacing = calloc(1, sizeof *op->replacing);
    if (!op->replacing) {
        op_fail(op, ENOMEM);
        return;
    }
    op->replacing->victim = op->replacing->copy = NINEP_NOFID;
    op->go = replace_go;
    say_walk(op, FIND, op->inode->fid, &op->replacing->victim);
}

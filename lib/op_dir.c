/* Directories: what 9P tells of each entry is a whole stat, and the kernel takes it all.
   Where the kernel stands in a directory is where it does at the peer, and 2 more, for
   the entries . and .., of which he says nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "op.h"

enum { DOT, DOTDOT, FIRST };

enum { FEW = 1024 }; /* bytes that are too few for an answer, while there is more */

/* A piece of a directory as it came. */
struct listing {
    uint64_t at;
    uint32_t length;
    int end; /* nothing stands behind it */
    long long when;
    uint64_t changes; /* we had made when it was asked for */
    unsigned char bytes[];
};

static struct listing *listing(struct file *f)
{
    if (!f->listing)
        f->listing = calloc(1, sizeof *f->listing + f->m->unit);
    return f->listing;
}

static void listing_heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct op *op = arg;
    struct file *f = op->file;
    struct listing *l = f->listing;
    if (r && r->count > f->unit)
        e = EIO;
    else if (r) {
        l->at += l->length;
        l->length = r->count;
        l->end = !r->count;
        memcpy(l->bytes, r->data, r->count);
    }
    op_heard(op, which, 0, e);
}

/* Ask for what comes next: a directory is read from one end to the other. */
static void ask(struct op *op)
{
    struct listing *l = op->file->listing;
    struct ninep t = {.type = NINEP_TREAD, .fid = op->file->fid, .count = op->file->unit};
    if (!op_room(op, 1, 0))
        return;
    t.offset = l->at + l->length;
    l->when = dial_now();
    l->changes = op->m->changes;
    op_say_to(op, OP_DO, &t, listing_heard);
}

/* May the kernel believe what is said of this entry? Not if it is older than what the
   kernel knows, and not of what is open and changes. */
static int believable(const struct op *op, const struct listing *l, const char *name,
                      const struct attr *a)
{
    const struct mount *m = op->m;
    const struct inode *known = inode_find(&m->inodes, op->inode, name);
    if (op->inode->changed > l->changes || dial_now() - l->when > m->fresh * 1000)
        return 0;
    return !known || (inode_is(known, &a->qid, &a->link) && !known->files &&
                      known->changed <= l->changes);
}

static size_t add(struct op *op, char *out, size_t size, const char *name,
                  struct fuse_entry_param *e, uint64_t next)
{
    if (op->flags)
        return fuse_add_direntry_plus(op->req, out, size, name, e, (off_t)next);
    return fuse_add_direntry(op->req, out, size, name, &e->attr, (off_t)next);
}

/* One entry. Returns its length, or 0: no room. */
static size_t add_entry(struct op *op, char *out, size_t size, const struct ninep_stat *s,
                        uint64_t next)
{
    struct mount *m = op->m;
    struct fuse_entry_param e;
    struct attr a;
    char name[NINEP_NAME + 1];
    size_t n;
    memset(&e, 0, sizeof e);
    ninep_name(name, &s->name);
    attr_take(m, &a, s);
    attr_link(op->inode, name, &a);
    attr_stat(m, &a, &e.attr);
    n = add(op, out, size, name, &e, next);
    if (n > size)
        return 0;
    if (op->flags && believable(op, op->file->listing, name, &a) &&
        !entry_make(m, op->inode, name, &a, &e)) {
        inode_of(m, e.ino)->lookups++;
        add(op, out, size, name, &e, next);
    }
    return n;
}

/* The entries from op->offset on that are here. Returns the bytes, or -1 EPROTO. */
static long add_entries(struct op *op, char *out, size_t size)
{
    struct listing *l = op->file->listing;
    struct ninep_stat s;
    char name[NINEP_NAME + 1];
    size_t used = 0, n;
    long entry;
    for (size_t at = 0; at < l->length; at += (size_t)entry) {
        uint64_t next;
        entry = ninep_parse_stat(&s, l->bytes + at, l->length - at);
        if (entry <= 0)
            return -1;
        next = l->at + at + (size_t)entry + FIRST;
        if (next <= op->offset)
            continue;
        if (!ninep_name(name, &s.name)) {
            n = add_entry(op, out + used, size - used, &s, next);
            if (!n)
                break;
            used += n;
        }
        op->offset = next;
    }
    return (long)used;
}

static size_t add_dots(struct op *op, char *out, size_t size)
{
    struct fuse_entry_param e;
    size_t used = 0;
    memset(&e, 0, sizeof e);
    e.attr.st_mode = S_IFDIR;
    e.attr.st_ino = op->inode->qid.path ? op->inode->qid.path : 1;
    for (; op->offset < FIRST; op->offset++)
        used += add(op, out + used, size - used, op->offset == DOT ? "." : "..", &e,
                    op->offset + 1);
    return used;
}

static void readdir_go(struct op *op)
{
    struct listing *l = listing(op->file);
    long n = 0;
    if (op->e[OP_DO] || !l || (!op->data && !(op->data = malloc(op->size)))) {
        op_fail(op, op->e[OP_DO] ? op->e[OP_DO] : ENOMEM);
        return;
    }
    if (!op->stage++) {
        /* He begins again, or goes back: so must we. */
        if (op->offset < FIRST || op->offset < l->at + FIRST)
            l->at = l->length = l->end = 0;
        op->done = add_dots(op, (char *)op->data, op->size);
    }
    if (l->length)
        n = add_entries(op, (char *)op->data + op->done, op->size - op->done);
    if (n < 0) {
        op_fail(op, EIO);
        return;
    }
    op->done += (size_t)n;
    if (!l->end && op->offset >= l->at + l->length + FIRST && op->done < FEW) {
        ask(op);
        return;
    }
    fuse_reply_buf(op->req, (char *)op->data, op->done);
    op_end(op);
}

static void begin(fuse_req_t req, struct fuse_file_info *fi, size_t size, off_t offset,
                  int plus)
{
    struct op *op = op_of_file(req, readdir_go, fi);
    if (!op)
        return;
    op->asks = 1;
    op->flags = plus;
    op->size = size;
    op->offset = (uint64_t)offset;
    op->go(op);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                struct fuse_file_info *fi)
{
    (void)ino;
    begin(req, fi, size, offset, 0);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                    struct fuse_file_info *fi)
{
    (void)ino;
    begin(req, fi, size, offset, 1);
}

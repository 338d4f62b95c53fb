/* Symbolic links: our exporter says in the muid where they lead, and here they are links
   again; see target, for why that is safe. Everything else he says of one is of what it
   leads to. So none has a fid, for that would stay with the link it was walked by, and
   none is changed, but removed and renamed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "target.h"

/* Not that of another file, as far as one can tell. */
static uint64_t number(const struct inode *dir, const char *name)
{
    uint64_t h = 0xcbf29ce484222325u ^ dir->qid.path;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    h ^= h >> 32;
    return h ? h : 1;
}

void attr_link(const struct inode *dir, const char *name, struct attr *a)
{
    if (!a->link.at)
        return;
    if (!target_keeps(&a->link, inode_depth(dir)))
        a->link = ninep_text("");
    a->number = number(dir, name);
}

int attr_keep_link(struct op *op)
{
    struct attr *a = &op->attr;
    if (!a->link.at)
        return 0;
    if (a->link.length > TARGET_MOST) {
        a->link = ninep_text("");
        return 0;
    }
    free(op->link);
    op->link = malloc((size_t)a->link.length + 1);
    if (!op->link)
        return ENOMEM;
    memcpy(op->link, a->link.at, a->link.length);
    a->link.at = op->link;
    return 0;
}

int link_refusal(const struct op *op)
{
    int set = op->flags;
    if ((set & FUSE_SET_ATTR_UID && op->set.st_uid != op->inode->uid) ||
        (set & FUSE_SET_ATTR_GID && op->set.st_gid != op->inode->gid))
        return EPERM;
    if (set & FUSE_SET_ATTR_SIZE)
        return EIO;
    /* What programs that copy links take for a system that cannot do so. */
    return set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME) ? ENOSYS
                                                                                  : 0;
}

void link_getattr_go(struct op *op)
{
    struct inode *inode = op->inode, *dir = inode->parent;
    if (!dir || op->e[OP_WALK] == ENOENT) {
        op_fail(op, ESTALE);
        return;
    }
    if (!op->said[OP_WALK]) {
        if (!op_fid(op, dir) || !op_room(op, 2, 0) || !op_newfid(op))
            return;
        op_say_walk(op, dir->fid, inode->name);
        op_say_stat(op, op->newfid);
        return;
    }
    if (op_error(op) && op_early(op, OP_STAT)) {
        op_say_stat(op, op->newfid);
        return;
    }
    attr_link(dir, inode->name, &op->attr);
    if (op_error(op))
        op_fail(op, op_error(op));
    else if (!inode_is(inode, &op->attr.qid, &op->attr.link))
        op_fail(op, ESTALE);
    else
        attr_reply(op);
}

void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
    const struct inode *inode = inode_of(mount_of(req), ino);
    if (inode->says && *inode->says)
        fuse_reply_readlink(req, inode->says);
    else
        fuse_reply_err(req, EINVAL);
}

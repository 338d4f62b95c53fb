/* What has this name now? The peer may have replaced the file the kernel knows: who is
   told ESTALE looks all names on the way up again, and asks once more. */
#include <errno.h>
#include <string.h>

#include "op.h"

enum { REPLACED = 4 }; /* times in a row, between two of our messages */

int op_walk_again(struct op *op, unsigned more)
{
    struct inode *inode = op->inode, *from = inode->name ? inode->parent : inode;
    if (!op_fid(op, from) || !op_room(op, 1 + more, 0) || !op_newfid(op))
        return 0;
    op_say_walk(op, from->fid, inode->name);
    return 1;
}

int op_is_another(const struct op *op)
{
    if (op->e[OP_WALK])
        return op->e[OP_WALK] == ENOENT;
    return op->names && op->qid.path != op->inode->qid.path;
}

int op_is_gone(const struct op *op)
{
    return !op->file && op->inode->name && op_error(op) == ENOENT;
}

int op_anew(struct op *op)
{
    if (op->e[OP_WALK] || ++op->anew == REPLACED)
        return 0;
    inode_lose_fid(&op->m->inodes, op->newfid);
    op->newfid = NINEP_NOFID;
    op->made = op->again = 0;
    memset(op->said, 0, sizeof op->said);
    memset(op->e, 0, sizeof op->e);
    op->go(op);
    return 1;
}

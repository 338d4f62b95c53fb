/* What is known of a file: 9P's stat as that of Unix, and back. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "op.h"

enum { TICKS = 1000 }; /* nanoseconds, that nobody takes for a time */

/* Whose number is it? A name nobody has here may be a number; else it is ours. */
static unsigned owner(struct mount *m, int group, const struct ninep_text *t)
{
    char name[OWNER_NAME], *end;
    unsigned hash = 0, id;
    unsigned long number;
    struct passwd *pw;
    struct group *gr;
    if (!t->length || t->length >= OWNER_NAME || memchr(t->at, 0, t->length))
        return group ? getgid() : getuid();
    memcpy(name, t->at, t->length);
    name[t->length] = 0;
    for (const char *p = name; *p; p++)
        hash = 31 * hash + (unsigned char)*p;
    hash %= OWNERS;
    if (!strcmp(m->owners.known[group][hash].name, name))
        return m->owners.known[group][hash].id;
    errno = 0;
    number = strtoul(name, &end, 10);
    pw = group ? 0 : getpwnam(name);
    gr = group ? getgrnam(name) : 0;
    if (pw)
        id = pw->pw_uid;
    else if (gr)
        id = gr->gr_gid;
    else if (*name >= '0' && *name <= '9' && !*end && !errno && number < 0xffffffffu)
        id = (unsigned)number;
    else
        id = group ? getgid() : getuid();
    strcpy(m->owners.known[group][hash].name, name);
    m->owners.known[group][hash].id = id;
    return id;
}

void attr_take(struct mount *m, struct attr *a, const struct ninep_stat *s)
{
    size_t n = strlen(NINEP_LINK);
    a->qid = s->qid;
    a->mode = s->mode;
    a->mtime = s->mtime;
    a->atime = s->atime;
    a->length = s->length > INT64_MAX ? INT64_MAX : s->length;
    a->uid = owner(m, 0, &s->uid);
    a->gid = owner(m, 1, &s->gid);
    a->link.at = 0;
    if (m->ours && s->muid.length >= n && !memcmp(s->muid.at, NINEP_LINK, n)) {
        a->link.at = s->muid.at + n;
        a->link.length = (uint16_t)(s->muid.length - n);
    }
}

void attr_stat(const struct mount *m, const struct attr *a, struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_ino = a->qid.path ? a->qid.path : 1;
    st->st_mode = (a->mode & 0777) | (a->mode & NINEP_DMDIR ? S_IFDIR : S_IFREG);
    if (m->ours && a->mode & NINEP_DMDIR && a->mode & NINEP_DMSETVTX)
        st->st_mode |= S_ISVTX;
    st->st_nlink = 1;
    st->st_uid = a->uid;
    st->st_gid = a->gid;
    st->st_size = a->mode & NINEP_DMDIR ? 0 : (off_t)a->length;
    st->st_blksize = (blksize_t)m->unit;
    st->st_blocks = st->st_size / 512 + (st->st_size % 512 != 0);
    st->st_atim.tv_sec = a->atime;
    st->st_mtim.tv_sec = st->st_ctim.tv_sec = a->mtime;
    if (!a->link.at)
        return;
    st->st_ino = a->number;
    st->st_mode = a->link.length ? S_IFLNK | 0777 : S_IFREG;
    st->st_size = a->link.length;
    st->st_blocks = 0;
}

static void known(struct inode *inode, const struct attr *a)
{
    inode->qid = a->qid;
    inode->length = a->length;
    inode->uid = a->uid;
    inode->gid = a->gid;
}

/* Linux drops its copies of a file when it hears of another length or time. What was
   appended it may have noted past the page that ended there, and the length may be what
   it believed; and our times are whole seconds. */
void attr_shown(const struct mount *m, struct inode *inode, const struct attr *a,
                struct stat *st)
{
    known(inode, a);
    attr_stat(m, a, st);
    if (inode->appended)
        inode->tick = (inode->tick + 1) % TICKS;
    inode->appended = 0;
    st->st_mtim.tv_nsec = st->st_ctim.tv_nsec = inode->tick;
}

double attr_fresh(const struct mount *m, const struct attr *a)
{
    return a->qid.version || a->mode & NINEP_DMDIR || a->link.at ? m->fresh : 0;
}

int inode_waits(const struct inode *inode)
{
    return !(inode->qid.type & NINEP_QTDIR) && (!inode->qid.version || !inode->length);
}

/* That of an open file is better than one of its own: it may have been removed. But what
   is changed by it is changed as who has opened it. */
int attr_fid(struct op *op, uint32_t *fid)
{
    if (op->said[OP_WALK]) {
        *fid = op->newfid;
        return 1;
    }
    if (!op->file && op->inode->files && (op->asks || !op->m->users.wanted)) {
        op->file = op->inode->files;
        file_use(op->file);
    }
    if (op->file) {
        *fid = op->file->fid;
        return 1;
    }
    if (!op_fid(op, op->inode))
        return 0;
    *fid = op->inode->fid;
    return 1;
}

void attr_reply(struct op *op)
{
    struct stat st;
    if (!op->inode->says)
        op->attr.link.at = 0;
    attr_shown(op->m, op->inode, &op->attr, &st);
    fuse_reply_attr(op->req, &st, attr_fresh(op->m, &op->attr));
    op_end(op);
}

static void getattr_go(struct op *op)
{
    uint32_t fid;
    if (op->said[OP_STAT]) {
        if (op_is_gone(op) ||
            (!op->e[OP_STAT] &&
             (op->attr.link.at || op->attr.qid.path != op->inode->qid.path)))
            op_fail(op, ESTALE);
        else if (op->e[OP_STAT])
            op_fail(op, op->e[OP_STAT]);
        else
            attr_reply(op);
        return;
    }
    /* What was written must be seen. */
    if (op->inode->behind.count) {
        op_wait(op, &op->inode->waiters);
        return;
    }
    if (op_knows_after(op))
        return;
    if (attr_fid(op, &fid) && op_room(op, 1, 0))
        op_say_stat(op, fid);
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct inode *inode = inode_of(mount_of(req), ino);
    struct op *op = op_new(req, inode->says ? link_getattr_go : getattr_go, inode);
    (void)fi;
    if (!op)
        return;
    op->asks = 1;
    op->go(op);
}

/* 9P has no word for it: sizes are said to be unknown. */
void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
    struct statvfs v = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = NINEP_NAME};
    (void)ino;
    fuse_reply_statfs(req, &v);
}

/* All is looked at before anything is changed; what is done is undone when the next thing
   fails; and what cannot be undone, the length, comes last. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter.h"
#include "held.h"
#include "setid.h"
#include "special.h"
#include "who.h"

enum { SAME16 = 0xffff };
#define SAME32 0xffffffffu
#define SAME64 0xffffffffffffffffu

struct change {
    struct stat was;
    char path[HELD_PROC];
    int group, mode, times, length, name; /* is it changed? */
    gid_t gid;
    mode_t permissions;
    struct timespec time[2];
    off_t size;
    int fd;  /* to change the length by, or -1 */
    int dir; /* where it is, or -1 */
    int replace;
    char old[NINEP_NAME + 1], its[NINEP_NAME + 1];
};

/* But for the muid. */
static int changes_nothing(const struct ninep_stat *s)
{
    return s->type == SAME16 && s->dev == SAME32 && s->qid.type == 0xff &&
           s->qid.version == SAME32 && s->qid.path == SAME64 && s->mode == SAME32 &&
           s->atime == SAME32 && s->mtime == SAME32 && s->length == SAME64 &&
           !s->name.length && !s->uid.length && !s->gid.length;
}

/* What nobody may change must be as it is, or not said. Returns 0, or an errno. */
static int check_fixed(const struct ninep_stat *s, const struct exporter_entry *now)
{
    int qid = s->qid.path == SAME64 && s->qid.type == 0xff && s->qid.version == SAME32;
    if (!qid && (s->qid.path != now->stat.qid.path || s->qid.type != now->stat.qid.type))
        return EPERM;
    if ((s->type != SAME16 && s->type) || (s->dev != SAME32 && s->dev))
        return EPERM;
    if (s->uid.length && !ninep_is(&s->uid, now->user))
        return EPERM;
    return s->muid.length && !(s->name.length && ninep_is(&s->muid, NINEP_REPLACE))
               ? EPERM
               : 0;
}

static int check_mode(struct change *c, const struct ninep_stat *s,
                      const struct exporter_entry *now)
{
    int is_dir = S_ISDIR(c->was.st_mode);
    uint32_t kind = ~((uint32_t)EXPORTER_PERMISSIONS | (is_dir ? NINEP_DMSETVTX : 0));
    mode_t other = c->was.st_mode & 07777 & ~(mode_t)EXPORTER_PERMISSIONS;
    if (s->mode == SAME32)
        return 0;
    if (s->mode & (NINEP_DMSETUID | NINEP_DMSETGID))
        return EPERM;
    if ((s->mode & kind) != (now->stat.mode & kind))
        return EINVAL;
    c->mode = s->mode != now->stat.mode;
    if (is_dir)
        other = (other & ~(mode_t)S_ISVTX) | (s->mode & NINEP_DMSETVTX ? S_ISVTX : 0);
    c->permissions = other | (s->mode & EXPORTER_PERMISSIONS);
    return 0;
}

static void check_times(struct change *c, const struct ninep_stat *s)
{
    c->time[0].tv_nsec = c->time[1].tv_nsec = UTIME_OMIT;
    c->times = s->atime != SAME32 || s->mtime != SAME32;
    if (s->atime != SAME32)
        c->time[0] = (struct timespec){.tv_sec = s->atime};
    if (s->mtime != SAME32)
        c->time[1] = (struct timespec){.tv_sec = s->mtime};
}

/* Nothing of a device has a length that could be changed, and it is no error to try. */
static int check_length(struct change *c, const struct ninep_stat *s, struct fid *f)
{
    int writes =
        f->mode >= 0 && ((f->mode & 3) == NINEP_OWRITE || (f->mode & 3) == NINEP_ORDWR);
    if (s->length == SAME64)
        return 0;
    if (f->file.kind == FID_DIRECTORY)
        return s->length ? EISDIR : 0;
    if (f->file.kind == FID_NOWHERE)
        return EPERM;
    if (f->file.kind != FID_FILE)
        return 0;
    if (s->length > INT64_MAX)
        return EFBIG;
    c->size = (off_t)s->length;
    c->length = 1;
    c->fd = writes ? held_copy(f->file.fd) : held_use(f->file.fd, O_WRONLY | O_NONBLOCK);
    return c->fd < 0 ? errno : 0;
}

static int check_name(struct export *e, struct change *c, const struct ninep_stat *s,
                      struct fid *f)
{
    char tty[NINEP_NAME + 1];
    if (!s->name.length ||
        (held_same(f->file.fd, e->tree.root) && ninep_is(&s->name, "/")))
        return 0;
    if (ninep_name(c->its, &s->name) < 0)
        return errno;
    c->dir =
        beneath_place(&e->tree, f->file.link >= 0 ? f->file.link : f->file.fd, c->old);
    if (c->dir < 0)
        return errno;
    c->name = strcmp(c->its, c->old) != 0;
    if (f->file.kind == FID_CTL)
        c->name = !special_is_ctl(c->its, tty) || strcmp(tty, c->old);
    c->replace = s->muid.length != 0;
    if (c->name && !exporter_shows_name(e, c->dir, c->its,
                                        f->file.link < 0 && S_ISDIR(c->was.st_mode)))
        return EPERM;
    return 0;
}

/* Returns 0, or an errno. */
static int check(struct export *e, struct change *c, const struct ninep_stat *s,
                 struct fid *f)
{
    struct exporter_entry now;
    int error, changes;
    if (f->mode < 0 && !exporter_has(e, f))
        return errno;
    if (fstat(f->file.fd, &c->was) < 0)
        return errno;
    held_proc(c->path, f->file.fd);
    exporter_describe(e, "", &c->was, f->file.kind, f->file.fd, &now);
    error = check_fixed(s, &now);
    if (!error)
        error = check_mode(c, s, &now);
    if (!error && s->gid.length && !ninep_is(&s->gid, now.group)) {
        c->group = 1;
        error = who_is_group(&s->gid, &c->gid) < 0 ? errno : 0;
        if (!S_ISDIR(c->was.st_mode)) /* as chown(2) does */
            c->permissions &= ~(mode_t)(S_ISUID | S_ISGID);
    }
    if (!error)
        error = check_name(e, c, s, f);
    if (error)
        return error;
    check_times(c, s);
    changes = c->group || c->mode || c->name;
    if (e->readonly && (changes || c->times || s->length != SAME64))
        return EROFS;
    if (f->file.kind == FID_CTL) {
        c->times = 0;
        return changes ? EPERM : 0;
    }
    if (f->file.kind == FID_NOWHERE && (c->group || c->mode || c->times))
        return EPERM;
    return check_length(c, s, f);
}

static int rename_plainly(int dir, const char *from, const char *to)
{
    struct stat st;
    if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(dir, from, dir, to);
}

enum { NOTHING, GROUP, MODE, TIMES, NAME, LENGTH };

/* How far one gets. */
static int apply(const struct change *c)
{
    if (c->group && chown(c->path, (uid_t)-1, c->gid) < 0)
        return NOTHING;
    if (c->mode && setid_chmod(c->path, c->permissions) < 0)
        return GROUP;
    if (c->times && utimensat(AT_FDCWD, c->path, c->time, 0) < 0)
        return MODE;
    if (c->name && (c->replace ? renameat(c->dir, c->old, c->dir, c->its)
                               : rename_plainly(c->dir, c->old, c->its)) < 0)
        return TIMES;
    if (c->length && ftruncate(c->fd, c->size) < 0)
        return NAME;
    /* That was a change of the file, too. */
    if (c->length && c->times)
        utimensat(AT_FDCWD, c->path, c->time, 0);
    return LENGTH;
}

static void undo(const struct change *c, int done)
{
    struct timespec time[2] = {c->was.st_atim, c->was.st_mtim};
    if (done >= NAME && c->name)
        rename_plainly(c->dir, c->its, c->old);
    if (done >= GROUP && c->group && chown(c->path, (uid_t)-1, c->was.st_gid) < 0)
        return;
    if (done >= GROUP && (c->mode || c->group))
        setid_chmod(c->path, c->was.st_mode & 07777);
    if (done >= TIMES && c->times)
        utimensat(AT_FDCWD, c->path, time, 0);
}

enum exporter_end exporter_wstat(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    struct change c;
    int error, done, is_plain = changes_nothing(&m->stat);
    (void)r;
    if (!f)
        return EXPORTER_FAILED;
    if (is_plain && !m->stat.muid.length) {
        if (f->mode < 0 && !exporter_has(e, f))
            return EXPORTER_FAILED;
        return exporter_sync(e, m, f);
    }
    if (is_plain && ninep_is(&m->stat.muid, NINEP_EXCLUSIVE))
        return exporter_claim(e, f);
    if (is_plain && ninep_is(&m->stat.muid, NINEP_SHARED))
        return exporter_unclaim(e, f);
    memset(&c, 0, sizeof c);
    c.fd = c.dir = -1;
    error = check(e, &c, &m->stat, f);
    if (!error && c.replace && (c.group || c.mode || c.times || c.length))
        error = EINVAL; /* what it replaced could not be brought back */
    if (!error) {
        done = apply(&c);
        error = done < LENGTH ? errno : 0;
        undo(&c, error ? done : NOTHING);
    }
    held_close(c.fd);
    held_close(c.dir);
    errno = error;
    return error ? EXPORTER_FAILED : EXPORTER_DONE;
}

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dial.h"
#include "exporter.h"
#include "held.h"
#include "special.h"

enum {
    OCEXEC = 0x20, /* for the asker himself */
    KNOWN = 3 | NINEP_OTRUNC | OCEXEC | NINEP_ORCLOSE
};

static int access_of(int mode)
{
    static const int of[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY};
    return of[mode & 3];
}

static int changes(int mode)
{
    return access_of(mode) != O_RDONLY || mode & (NINEP_OTRUNC | NINEP_ORCLOSE);
}

/* What remove(5) removes: a link, not what it leads to. */
static int named(const struct fid *f)
{
    return f->file.link >= 0 ? f->file.link : f->file.fd;
}

int exporter_has(struct export *e, const struct fid *f)
{
    return beneath_has(&e->tree, f->file.fd) && exporter_shows(e, f->file.fd) &&
           (f->file.link < 0 ||
            (beneath_has(&e->tree, f->file.link) && exporter_shows(e, f->file.link)));
}

int exporter_unlink(struct export *e, struct fid *f)
{
    char name[NINEP_NAME + 1];
    int dir, r, flags;
    if (e->readonly || f->file.kind == FID_CTL) {
        errno = e->readonly ? EROFS : EPERM;
        return -1;
    }
    dir = beneath_place(&e->tree, named(f), name);
    if (dir < 0)
        return -1;
    flags = f->file.link < 0 && f->file.kind == FID_DIRECTORY ? AT_REMOVEDIR : 0;
    r = unlinkat(dir, name, flags);
    held_close(dir);
    return r;
}

enum exporter_end exporter_remove(struct export *e, const struct ninep *m,
                                  struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    int done, error;
    (void)r;
    if (!f)
        return EXPORTER_FAILED;
    done = exporter_unlink(e, f);
    error = errno;
    if (f->mode >= 0)
        f->mode &= ~NINEP_ORCLOSE;
    exporter_drop(e, f, NINEP_NOTAG);
    errno = error;
    return done < 0 ? EXPORTER_FAILED : EXPORTER_DONE;
}

static int may(int fd, int what)
{
    char path[HELD_PROC];
    held_proc(path, fd);
    return faccessat(AT_FDCWD, path, what, AT_EACCESS);
}

static int may_remove(struct export *e, const struct fid *f)
{
    char name[NINEP_NAME + 1];
    int dir = beneath_place(&e->tree, named(f), name), r;
    if (dir < 0)
        return -1;
    r = may(dir, W_OK);
    held_close(dir);
    return r;
}

/* Before anything is done. Returns 0, or an errno. */
static int refusal(struct export *e, const struct fid *f, int mode)
{
    if (f->mode != FID_CLOSED)
        return EBUSY;
    if (mode & ~KNOWN)
        return EINVAL;
    if (f->file.kind == FID_DIRECTORY && (mode & ~OCEXEC) != NINEP_OREAD)
        return EISDIR;
    if (e->readonly && changes(mode))
        return EROFS;
    if (f->file.kind == FID_NOWHERE)
        return ENOENT;
    if (f->file.kind == FID_CTL && mode & NINEP_ORCLOSE)
        return EPERM;
    if (!exporter_has(e, f))
        return errno;
    if ((mode & 3) == NINEP_OEXEC && may(f->file.fd, X_OK) < 0)
        return errno;
    if (mode & NINEP_ORCLOSE && may_remove(e, f) < 0)
        return errno;
    return 0;
}

/* The fid is open from now on. */
static enum exporter_end opened(struct export *e, struct fid *f, int fd, int mode,
                                struct ninep *r)
{
    held_close(f->file.fd);
    f->file.fd = fd < e->fids.limit ? fd : held_lowest(fd);
    f->mode = mode;
    f->no_offset = lseek(f->file.fd, 0, SEEK_CUR) < 0;
    r->iounit = e->wire->most[WIRE_R] - NINEP_IOHEADER;
    return exporter_fid_qid(e, &f->file, &r->qid[0]) < 0 ? EXPORTER_FAILED
                                                         : EXPORTER_DONE;
}

static int is_fifo(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

enum exporter_end exporter_open_now(struct export *e, struct fid *f, int mode,
                                    struct ninep *r)
{
    int flags = access_of(mode) | O_NOCTTY | O_NONBLOCK, fd;
    if (mode & NINEP_OTRUNC && f->file.kind == FID_FILE)
        flags |= O_TRUNC;
    fd = held_use(f->file.fd, flags);
    if (fd >= 0 && exporter_is_claimed(e, fd)) {
        held_close(fd);
        errno = EBUSY;
        return EXPORTER_FAILED;
    }
    if (fd >= 0)
        return opened(e, f, fd, mode, r);
    return errno == ENXIO && is_fifo(f->file.fd) ? EXPORTER_WAITS : EXPORTER_FAILED;
}

enum exporter_end exporter_open(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    struct parked *p;
    enum exporter_end end;
    if (!f)
        return EXPORTER_FAILED;
    errno = refusal(e, f, m->mode);
    if (errno)
        return EXPORTER_FAILED;
    end = exporter_open_now(e, f, m->mode, r);
    if (end != EXPORTER_WAITS)
        return end;
    p = park_add(&e->park, PARK_OPEN, m->tag, m->type, f);
    if (!p)
        return EXPORTER_FAILED;
    f->mode = FID_OPENING;
    p->mode = m->mode;
    p->due = dial_now() + EXPORTER_FIFO;
    return EXPORTER_SAID;
}

/* Returns a descriptor of the new file, or -1 and errno. */
static int make(int dir, const char *name, const struct ninep *m)
{
    struct stat st;
    mode_t perm, most;
    int fd;
    if (fstat(dir, &st) < 0)
        return -1;
    most = m->perm & NINEP_DMDIR ? 0777 : 0666;
    perm = m->perm & 0777 & (~most | (st.st_mode & most));
    if (m->perm & NINEP_DMSETVTX)
        perm |= S_ISVTX;
    if (!(m->perm & NINEP_DMDIR))
        return openat(dir, name,
                      O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | access_of(m->mode),
                      perm);
    if (mkdirat(dir, name, perm) < 0)
        return -1;
    fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        unlinkat(dir, name, AT_REMOVEDIR);
        errno = error;
    }
    return fd;
}

/* Returns 0, or an errno. */
static int create_refusal(struct export *e, struct fid *f, const struct ninep *m,
                          char *name)
{
    uint32_t known =
        NINEP_DMDIR | NINEP_DMTMP | 0777 | (m->perm & NINEP_DMDIR ? NINEP_DMSETVTX : 0);
    char tty[NINEP_NAME + 1];
    struct fid_file there;
    if (f->mode != FID_CLOSED)
        return EBUSY;
    if (f->file.kind != FID_DIRECTORY)
        return ENOTDIR;
    if (ninep_name(name, &m->text) < 0)
        return errno;
    if (m->perm & (NINEP_DMSETUID | NINEP_DMSETGID))
        return EPERM;
    if (m->mode & ~KNOWN || m->perm & ~known)
        return EINVAL;
    if (m->perm & NINEP_DMDIR && (m->mode & ~OCEXEC) != NINEP_OREAD)
        return EISDIR;
    if (e->readonly)
        return EROFS;
    if (!exporter_has(e, f))
        return errno;
    if (!exporter_shows_name(e, f->file.fd, name, (m->perm & NINEP_DMDIR) != 0))
        return EPERM;
    if (special_is_ctl(name, tty) && exporter_find(e, f->file.fd, name, &there) == 0) {
        fid_file_close(&there);
        return EEXIST;
    }
    return 0;
}

enum exporter_end exporter_create(struct export *e, const struct ninep *m,
                                  struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    char name[NINEP_NAME + 1];
    int fd, error;
    if (!f)
        return EXPORTER_FAILED;
    errno = create_refusal(e, f, m, name);
    if (errno)
        return EXPORTER_FAILED;
    fd = make(f->file.fd, name, m);
    if (fd < 0)
        return EXPORTER_FAILED;
    if (!beneath_has(&e->tree, fd)) { /* the directory has just been moved away */
        error = errno;
        unlinkat(f->file.fd, name, m->perm & NINEP_DMDIR ? AT_REMOVEDIR : 0);
        held_close(fd);
        errno = error;
        return EXPORTER_FAILED;
    }
    held_close(f->file.link);
    f->file.link = -1;
    f->file.kind = m->perm & NINEP_DMDIR ? FID_DIRECTORY : FID_FILE;
    return opened(e, f, fd, m->mode, r);
}

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "exporter.h"
#include "held.h"
#include "special.h"

int exporter_shows_name(struct export *e, int dir, const char *name, int is_directory)
{
    char path[PATH_MAX], own[2 * PATH_MAX];
    const char *rest;
    if (!e->shown.count)
        return 1;
    rest = held_path(e->tree.proc, dir, path) < 0 ? 0 : beneath_rest(&e->tree, path);
    if (rest)
        snprintf(own, sizeof own, "%s%s%s", rest, *rest && *name ? "/" : "", name);
    if (rest && shown_has(&e->shown, own, is_directory))
        return 1;
    errno = ENOENT;
    return 0;
}

int exporter_shows(struct export *e, int fd)
{
    struct stat st;
    return !e->shown.count ||
           (fstat(fd, &st) == 0 && exporter_shows_name(e, fd, "", S_ISDIR(st.st_mode)));
}

/* beneath_walk, in what is there for the peer: a link that leads to anything else leads
   nowhere. */
static int walk(struct export *e, int dir, const char *name, struct fid_file *file)
{
    file->fd = beneath_walk(&e->tree, dir, name, &file->link);
    if (file->fd < 0)
        return -1;
    if (!exporter_shows(e, file->link >= 0 ? file->link : file->fd)) {
        fid_file_close(file);
        return -1;
    }
    if (file->link >= 0 && !exporter_shows(e, file->fd)) {
        held_close(file->fd);
        file->fd = file->link;
        file->link = -1;
    }
    return 0;
}

/* A tty has a second file beside it, unless there is a real one of that name. */
static int find_ctl(struct export *e, int dir, const char *name, struct fid_file *file)
{
    char tty[NINEP_NAME + 1];
    struct stat st;
    int old = errno;
    if (!special_is_ctl(name, tty)) {
        errno = old;
        return -1;
    }
    file->kind = FID_CTL;
    if (walk(e, dir, tty, file) == 0 && fstat(file->fd, &st) == 0 &&
        S_ISCHR(st.st_mode) && special_is_tty(st.st_rdev))
        return 0;
    if (file->fd >= 0)
        fid_file_close(file);
    errno = old;
    return -1;
}

int exporter_find(struct export *e, int dir, const char *name, struct fid_file *file)
{
    struct stat st;
    if (walk(e, dir, name, file) < 0)
        return errno == ENOENT ? find_ctl(e, dir, name, file) : -1;
    if (fstat(file->fd, &st) < 0) {
        fid_file_close(file);
        return -1;
    }
    file->kind = exporter_kind(&st);
    return 0;
}

/* In a directory that was removed nothing is missing: it is the way there that is old. */
static int missing(int dir)
{
    struct stat st;
    int e = errno;
    errno = e == ENOENT && fstat(dir, &st) == 0 && !st.st_nlink ? ESTALE : e;
    return -1;
}

/* From one file to the next. */
static int step(struct export *e, const struct fid_file *from,
                const struct ninep_text *text, struct fid_file *to, struct ninep_qid *qid)
{
    char name[NINEP_NAME + 1] = "..";
    if (from->kind != FID_DIRECTORY) {
        errno = ENOTDIR;
        return -1;
    }
    if (!ninep_is(text, "..") && ninep_name(name, text) < 0)
        return -1;
    if (exporter_find(e, from->fd, name, to) < 0)
        return missing(from->fd);
    if (exporter_fid_qid(e, to, qid) == 0)
        return 0;
    fid_file_close(to);
    return -1;
}

static int copy(const struct fid_file *from, struct fid_file *to)
{
    *to = *from;
    to->fd = held_copy(from->fd);
    if (to->fd >= 0 && from->link >= 0)
        to->link = held_copy(from->link);
    if (to->fd >= 0 && (from->link < 0 || to->link >= 0))
        return 0;
    fid_file_close(to);
    return -1;
}

/* Give the number to where we are; all names were found. */
static int arrive(struct export *e, struct fid *f, uint32_t newfid,
                  const struct fid_file *at)
{
    if (newfid != f->number)
        return fid_make(&e->fids, newfid, at, f->as) ? 0 : -1;
    fid_file_close(&f->file);
    f->file = *at;
    return 0;
}

enum exporter_end exporter_walk(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    struct fid_file at, next;
    unsigned i;
    if (!f)
        return EXPORTER_FAILED;
    if (f->mode != FID_CLOSED) {
        errno = EBUSY;
        return EXPORTER_FAILED;
    }
    if (m->newfid != m->fid && !fid_may_make(&e->fids, m->newfid))
        return EXPORTER_FAILED;
    if (copy(&f->file, &at) < 0)
        return EXPORTER_FAILED;
    for (i = 0; i < m->names; i++) {
        if (step(e, &at, &m->name[i], &next, &r->qid[i]) < 0)
            break;
        fid_file_close(&at);
        at = next;
    }
    r->names = i;
    if (i == m->names && arrive(e, f, m->newfid, &at) == 0)
        return EXPORTER_DONE;
    fid_file_close(&at);
    return i && i < m->names ? EXPORTER_DONE : EXPORTER_FAILED;
}

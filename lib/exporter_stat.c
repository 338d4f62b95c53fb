#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "exporter.h"
#include "held.h"
#include "special.h"
#include "who.h"

enum { CTL_PERMISSIONS = 0666 };

enum fid_kind exporter_kind(const struct stat *st)
{
    return S_ISREG(st->st_mode)   ? FID_FILE
           : S_ISDIR(st->st_mode) ? FID_DIRECTORY
           : S_ISBLK(st->st_mode) ? FID_BLOCK
           : S_ISLNK(st->st_mode) ? FID_NOWHERE
                                  : FID_WAITS;
}

/* Every change of a file moves it on. */
static uint32_t version(const struct stat *st)
{
    uint64_t h = (uint64_t)st->st_mtim.tv_sec * 1000000007u;
    h = (h ^ (uint64_t)st->st_mtim.tv_nsec) * 0x9e3779b97f4a7c15u;
    h = (h ^ (uint64_t)st->st_ctim.tv_sec) * 0x9e3779b97f4a7c15u;
    h = (h ^ (uint64_t)st->st_ctim.tv_nsec) * 0x9e3779b97f4a7c15u;
    h = (h ^ (uint64_t)st->st_size) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
    return (uint32_t)h ? (uint32_t)h : 1;
}

struct ninep_qid exporter_qid(const struct export *e, const struct stat *st,
                              enum fid_kind kind)
{
    struct ninep_qid qid = {.path = st->st_ino};
    if (st->st_dev != e->root)
        qid.path ^= (uint64_t)st->st_dev * 0x9e3779b97f4a7c15u;
    if (kind == FID_CTL)
        qid.path = ~qid.path;
    if (kind == FID_DIRECTORY)
        qid.type = NINEP_QTDIR;
    if (kind == FID_FILE || kind == FID_DIRECTORY || kind == FID_NOWHERE)
        qid.version = version(st);
    return qid;
}

int exporter_fid_qid(const struct export *e, const struct fid_file *file,
                     struct ninep_qid *qid)
{
    struct stat st;
    if (fstat(file->fd, &st) < 0)
        return -1;
    *qid = exporter_qid(e, &st, file->kind);
    return 0;
}

static uint32_t mode_of(const struct stat *st, enum fid_kind kind)
{
    uint32_t mode = st->st_mode & EXPORTER_PERMISSIONS;
    if (kind == FID_CTL)
        return mode & CTL_PERMISSIONS;
    if (kind == FID_NOWHERE)
        return 0;
    if (kind != FID_DIRECTORY)
        return mode;
    return mode | NINEP_DMDIR | (st->st_mode & S_ISVTX ? NINEP_DMSETVTX : 0);
}

/* The nearest that can be said; all ones would be no time. */
static uint32_t seconds(time_t t)
{
    return t < 0 ? 0 : t < UINT32_MAX ? (uint32_t)t : UINT32_MAX - 1;
}

void exporter_describe(const struct export *e, const char *name, const struct stat *st,
                       enum fid_kind kind, int fd, struct exporter_entry *entry)
{
    struct ninep_stat *s = &entry->stat;
    memset(s, 0, sizeof *s);
    who_user(st->st_uid, entry->user);
    who_group(st->st_gid, entry->group);
    s->qid = exporter_qid(e, st, kind);
    s->mode = mode_of(st, kind);
    s->atime = seconds(st->st_atim.tv_sec);
    s->mtime = seconds(st->st_mtim.tv_sec);
    if (kind == FID_FILE || kind == FID_NOWHERE)
        s->length = (uint64_t)st->st_size;
    if (kind == FID_BLOCK)
        s->length = special_size(st->st_rdev, fd);
    s->name = ninep_text(name);
    s->uid = ninep_text(entry->user);
    s->gid = ninep_text(entry->group);
    s->muid = ninep_text("");
}

void exporter_describe_link(struct export *e, int fd, const char *name, const char *dir,
                            int to, struct exporter_entry *entry)
{
    size_t n = strlen(NINEP_LINK);
    strcpy(entry->link, NINEP_LINK);
    if (beneath_target(&e->tree, fd, name, dir, to, entry->link + n) < 0) {
        if (to == BENEATH_NOWHERE)
            return;
        entry->link[n] = 0; /* somewhere, by no path */
    }
    entry->stat.muid = ninep_text(entry->link);
}

/* Is it a link that was asked for? */
static void describe_link(struct export *e, const struct fid_file *file,
                          struct exporter_entry *entry)
{
    int is_nowhere = file->kind == FID_NOWHERE;
    int fd = is_nowhere ? file->fd : file->link;
    char path[PATH_MAX], *dir, *last;
    const char *rest = 0;
    if (fd >= 0 && file->kind != FID_CTL && held_path(e->tree.proc, fd, path) == 0)
        rest = beneath_rest(&e->tree, path);
    if (!rest)
        return;
    dir = path + (rest - path);
    last = strrchr(dir, '/');
    *(last ? last : dir) = 0;
    exporter_describe_link(e, fd, "", dir, is_nowhere ? BENEATH_NOWHERE : file->fd,
                           entry);
}

/* The name of a file that has none any more is its last one. */
static int last_name(const struct export *e, int fd, char *name)
{
    static const char mark[] = " (deleted)";
    char path[PATH_MAX];
    const char *last;
    size_t n;
    if (held_path(e->tree.proc, fd, path) < 0)
        return -1;
    last = strrchr(path, '/');
    last = last ? last + 1 : path;
    n = strlen(last);
    if (n >= sizeof mark && !strcmp(last + n - (sizeof mark - 1), mark))
        n -= sizeof mark - 1;
    if (n > NINEP_NAME)
        n = NINEP_NAME;
    memcpy(name, last, n);
    name[n] = 0;
    return 0;
}

/* What is open may be asked for though it is not in the tree any more. */
static int name_of(struct export *e, const struct fid *f, char *name)
{
    const struct fid_file *file = &f->file;
    char tty[NINEP_NAME + 1];
    int fd = file->link >= 0 ? file->link : file->fd;
    if (beneath_name(&e->tree, fd, name) < 0 &&
        (f->mode < 0 || last_name(e, fd, name) < 0))
        return -1;
    if (file->kind != FID_CTL)
        return 0;
    strcpy(tty, name);
    return special_ctl(tty, name) ? 0 : -1;
}

/* How long it is, is known when it is packed. */
static enum exporter_end say(struct export *e, uint16_t tag, const struct ninep_stat *s)
{
    size_t most = NINEP_HEADER + 2 + NINEP_STAT + s->muid.length, n;
    struct ninep r;
    unsigned char *bytes;
    memset(&r, 0, sizeof r);
    r.type = NINEP_RSTAT;
    r.tag = tag;
    r.stat = *s;
    if (most > e->wire->most[WIRE_R])
        most = e->wire->most[WIRE_R];
    bytes = exporter_room(e, most);
    if (!bytes)
        return EXPORTER_FULL;
    n = ninep_pack(bytes, most, &r);
    if (!n && s->muid.length) {
        r.stat.muid = ninep_text(NINEP_LINK); /* what it says is too long for him */
        n = ninep_pack(bytes, most, &r);
    }
    if (!n)
        return EXPORTER_FAILED;
    wire_put(e->wire, WIRE_R, n);
    return EXPORTER_SAID;
}

enum exporter_end exporter_stat_now(struct export *e, uint16_t tag, struct fid *f)
{
    struct exporter_entry entry;
    char name[NINEP_NAME + 1];
    struct stat st;
    if (name_of(e, f, name) < 0 || fstat(f->file.fd, &st) < 0)
        return EXPORTER_FAILED;
    exporter_describe(e, name, &st, f->file.kind, f->file.fd, &entry);
    describe_link(e, &f->file, &entry);
    if (!strcmp(name, "/"))
        entry.stat.muid = ninep_text(NINEP_OURS);
    return say(e, tag, &entry.stat);
}

enum exporter_end exporter_stat(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    enum exporter_end end;
    (void)r;
    if (!f)
        return EXPORTER_FAILED;
    end = exporter_stat_now(e, m->tag, f);
    if (end != EXPORTER_FULL)
        return end;
    if (!park_add(&e->park, PARK_ANSWER, m->tag, m->type, f))
        e->lost = errno;
    return EXPORTER_SAID;
}

/* Nothing is kept of a directory between two reads but how far one is; the kernel's place
   in it is one that it knows again. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exporter.h"
#include "held.h"
#include "special.h"

/* An entry as getdents64(2) gives it. */
struct entry {
    uint64_t number;
    int64_t place; /* behind it */
    unsigned short length;
    unsigned char type;
    char name[];
};

struct room {
    unsigned char *bytes;
    size_t size, used;
};

/* Returns 0, or -1: it does not fit. */
static int add(struct room *room, struct exporter_entry *entry)
{
    size_t n =
        ninep_pack_stat(room->bytes + room->used, room->size - room->used, &entry->stat);
    if (!n && !room->used && entry->stat.muid.length) {
        entry->stat.muid = ninep_text(NINEP_LINK); /* what it says is too long for once */
        n = ninep_pack_stat(room->bytes, room->size, &entry->stat);
    }
    room->used += n;
    return n ? 0 : -1;
}

/* A link is said to be one, when the directory has a path. */
static void describe_link(struct export *e, struct fid *f, const char *name, int to,
                          struct exporter_entry *entry)
{
    char path[PATH_MAX];
    const char *dir;
    if (to == BENEATH_NO_LINK || held_path(e->tree.proc, f->file.fd, path) < 0)
        return;
    dir = beneath_rest(&e->tree, path);
    if (dir)
        exporter_describe_link(e, f->file.fd, name, dir, to, entry);
}

static int is_tty(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && special_is_tty(st->st_rdev);
}

/* What has vanished, or cannot be looked at, is left out. Returns as add. */
static int add_entry(struct export *e, struct fid *f, const struct entry *d,
                     struct room *room)
{
    char ctl[NINEP_NAME + 1];
    struct exporter_entry entry;
    struct stat st, real;
    int second = f->half && f->before == d->place, to;
    if (!strcmp(d->name, ".") || !strcmp(d->name, ".."))
        return 0;
    if (beneath_look(&e->tree, f->file.fd, d->name, &st, &to) < 0)
        return 0;
    if (!exporter_shows_name(e, f->file.fd, d->name,
                             to == BENEATH_NO_LINK && S_ISDIR(st.st_mode))) {
        held_close(to);
        return 0;
    }
    if (to >= 0 && !exporter_shows(e, to)) {
        held_close(to);
        to = BENEATH_NOWHERE;
        if (fstatat(f->file.fd, d->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return 0;
    }
    exporter_describe(e, d->name, &st, exporter_kind(&st), -1, &entry);
    describe_link(e, f, d->name, to, &entry);
    held_close(to);
    if (!second && add(room, &entry) < 0)
        return -1;
    f->half = 1;
    f->before = d->place;
    if (is_tty(&st) && special_ctl(d->name, ctl) &&
        (fstatat(f->file.fd, ctl, &real, AT_SYMLINK_NOFOLLOW) < 0 ||
         !exporter_shows_name(e, f->file.fd, ctl, S_ISDIR(real.st_mode)))) {
        exporter_describe(e, ctl, &st, FID_CTL, -1, &entry);
        if (add(room, &entry) < 0)
            return -1;
    }
    f->half = 0;
    return 0;
}

/* Go to where the last read has ended. */
static int go_to(struct fid *f, uint64_t offset)
{
    if (!offset) {
        f->said = 0;
        f->place = 0;
        f->half = 0;
    }
    if (offset != f->said) {
        errno = EINVAL;
        return -1;
    }
    return lseek(f->file.fd, f->place, SEEK_SET) < 0 ? -1 : 0;
}

long exporter_entries(struct export *e, struct fid *f, uint64_t offset,
                      unsigned char *bytes, uint32_t count)
{
    struct room room = {bytes, count, 0};
    long n, at;
    int full = 0;
    if (!beneath_has(&e->tree, f->file.fd) || go_to(f, offset) < 0)
        return -1;
    while (!full) {
        n = syscall(SYS_getdents64, f->file.fd, e->entries, sizeof e->entries);
        if (n < 0 && !room.used)
            return -1;
        if (n <= 0)
            break;
        for (at = 0; at < n && !full;) {
            const struct entry *d = (const void *)((const char *)e->entries + at);
            full = add_entry(e, f, d, &room) < 0;
            if (!full)
                f->place = d->place;
            at += d->length;
        }
    }
    if (full && !room.used) {
        errno = EINVAL;
        return -1;
    }
    f->said += room.used;
    return (long)room.used;
}

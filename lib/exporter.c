#include "exporter.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "dial.h"
#include "ename.h"
#include "held.h"
#include "special.h"

enum {
    SMALLEST = 256,    /* msize; every answer but entries of directories is shorter */
    DRAIN_MOST = 30000 /* milliseconds, as the kernel would wait for a tty */
};

/* Answers that wait go first. */
unsigned char *exporter_room(struct export *e, size_t n)
{
    if (!e->is_turn && !TAILQ_EMPTY(&e->park.ready))
        return 0;
    return wire_room(e->wire, WIRE_R, n);
}

/* Every answer that comes here has its size at once, and is short. */
void exporter_say(struct export *e, const struct ninep *r)
{
    unsigned char answer[PARK_ANSWER_MAX], *bytes;
    size_t n = ninep_pack(answer, sizeof answer, r);
    struct parked *p;
    if (!n) {
        exporter_fail(e, r->tag, EMSGSIZE);
        return;
    }
    bytes = exporter_room(e, n);
    if (bytes) {
        memcpy(bytes, answer, n);
        wire_put(e->wire, WIRE_R, n);
        return;
    }
    p = park_add(&e->park, PARK_ANSWER, r->tag, (uint8_t)(r->type - 1), 0);
    if (!p) {
        e->lost = errno;
        return;
    }
    memcpy(p->answer, answer, n);
    p->length = n;
}

void exporter_fail(struct export *e, uint16_t tag, int error)
{
    struct ninep r;
    memset(&r, 0, sizeof r);
    r.type = NINEP_RERROR;
    r.tag = tag;
    r.text = ninep_text(ename_of(error));
    exporter_say(e, &r);
}

/* close(2) would wait until a tty has sent all. */
static void drain(struct export *e, struct fid *f)
{
    struct parked *p;
    if (f->mode < 0 || f->file.kind != FID_WAITS || !special_is_sending(f->file.fd))
        return;
    p = park_add(&e->park, PARK_DRAIN, NINEP_NOTAG, 0, f);
    if (!p)
        return;
    p->due = dial_now() + EXPORTER_TTY;
    p->offset = (uint64_t)dial_now() + DRAIN_MOST;
}

int exporter_as(const struct fid *f)
{
    return become_now(f ? f->as : 0);
}

/* Returns as exporter_close. */
static int leave(struct export *e, struct fid *f, uint16_t tag)
{
    if (f->mode >= 0 && f->mode & NINEP_ORCLOSE && exporter_as(f) == 0)
        exporter_unlink(e, f);
    if (f->claim.is_held)
        exporter_unclaim(e, f);
    drain(e, f);
    return exporter_close(e, f, tag);
}

void exporter_reset(struct export *e)
{
    struct parked *r, *next;
    struct fid *f;
    while ((r = TAILQ_FIRST(&e->park.ready)))
        park_drop(&e->park, r);
    for (r = TAILQ_FIRST(&e->park.list); r; r = next) {
        next = TAILQ_NEXT(r, list);
        exporter_end_parked(e, r, EXPORTER_RESET);
    }
    while ((f = fid_any(&e->fids)))
        leave(e, f, NINEP_NOTAG);
}

/* 9P2000, what is newer, or a dialect of one of them. */
static int is_ours(const struct ninep_text *version)
{
    unsigned number = 0;
    if (version->length < 6 || memcmp(version->at, "9P", 2))
        return 0;
    if (version->length > 6 && version->at[6] != '.')
        return 0;
    for (int i = 2; i < 6; i++) {
        if (!isdigit((unsigned char)version->at[i]))
            return 0;
        number = number * 10 + (unsigned)(version->at[i] - '0');
    }
    return number >= 2000;
}

enum exporter_end exporter_version(struct export *e, const struct ninep *m,
                                   struct ninep *r)
{
    exporter_reset(e);
    e->has_version = e->uses_high = 0;
    e->promised = 0;
    if (m->msize < SMALLEST) {
        errno = EMSGSIZE;
        return EXPORTER_FAILED;
    }
    r->msize = m->msize < WIRE_MSIZE ? m->msize : WIRE_MSIZE;
    if (is_ours(&m->text)) {
        e->has_version = 1;
        e->wire->most[WIRE_R] = r->msize;
        r->text = ninep_text(NINEP_VERSION);
    } else
        r->text = ninep_text("unknown");
    return EXPORTER_DONE;
}

/* Who it is that attaches; *who is 0 when that does not matter. */
static int find_user(const struct export *e, const struct ninep_text *uname,
                     struct become **who)
{
    char name[NINEP_NAME + 1];
    *who = 0;
    if (!e->has_users)
        return 0;
    if (ninep_name(name, uname) == 0)
        return become_find(name, who);
    errno = EPERM;
    return -1;
}

enum exporter_end exporter_attach(struct export *e, const struct ninep *m,
                                  struct ninep *r)
{
    struct fid_file root = {.link = -1, .kind = FID_DIRECTORY};
    struct become *as;
    int made;
    if (m->afid != NINEP_NOFID) {
        errno = EOPNOTSUPP;
        return EXPORTER_FAILED;
    }
    if (m->aname.length && !ninep_is(&m->aname, "/")) {
        errno = ENOENT;
        return EXPORTER_FAILED;
    }
    root.fd = held_copy(e->tree.root);
    if (root.fd < 0)
        return EXPORTER_FAILED;
    made =
        exporter_fid_qid(e, &root, &r->qid[0]) == 0 && find_user(e, &m->uname, &as) == 0;
    if (made) {
        made = fid_make(&e->fids, m->fid, &root, as) != 0;
        become_drop(as);
    }
    if (made)
        return EXPORTER_DONE;
    fid_file_close(&root);
    return EXPORTER_FAILED;
}

/* What was asked is answered now or never; the answer to this one goes behind it. */
enum exporter_end exporter_flush(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct parked *p = park_find(&e->park, m->oldtag);
    (void)r;
    if (p && !p->length)
        exporter_end_parked(e, p, 0);
    if (m->oldtag & NINEP_ALIVE && m->oldtag != NINEP_NOTAG)
        e->promised = m->oldtag & ~NINEP_ALIVE;
    return EXPORTER_DONE;
}

int exporter_drop(struct export *e, struct fid *f, uint16_t tag)
{
    exporter_give_up(e, f);
    return leave(e, f, tag);
}

enum exporter_end exporter_clunk(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    (void)r;
    if (!f)
        return EXPORTER_FAILED;
    return exporter_drop(e, f, m->tag) ? EXPORTER_SAID : EXPORTER_DONE;
}

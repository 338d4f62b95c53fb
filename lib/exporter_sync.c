/* fsync(2) and the close(2) of what has much to write are done by others: SD cards take
   minutes for it, and meanwhile the peer must be answered. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "exporter.h"
#include "held.h"

enum { MUCH = 1 << 20 /* bytes written, after which close(2) may take its time */ };

/* What has no stable storage is content. */
static int sync_error(int error)
{
    return error == EINVAL || error == EROFS ? 0 : error;
}

static void answer(struct export *e, struct parked *p, int error)
{
    struct ninep r;
    memset(&r, 0, sizeof r);
    r.type = (uint8_t)(p->type + 1);
    r.tag = p->tag;
    if (error)
        exporter_fail(e, p->tag, error);
    else if (p->tag != NINEP_NOTAG)
        exporter_say(e, &r);
}

static void done(struct export *e, struct parked *p, int error)
{
    answer(e, p, p->what == PARK_SYNC ? sync_error(error) : 0);
    park_drop(&e->park, p);
}

/* A descriptor to sync by; one that is not open is opened for it. Returns -1 and errno.
 */
static int descriptor(const struct fid *f)
{
    int fd;
    if (f->mode >= 0)
        return f->file.fd;
    fd = held_use(f->file.fd, O_RDONLY | O_NONBLOCK);
    if (fd < 0 && errno == EACCES)
        fd = held_use(f->file.fd, O_WRONLY | O_NONBLOCK);
    return fd;
}

static void give_sync(struct export *e, struct parked *p)
{
    int fd = exporter_as(p->fid) < 0 ? -1 : descriptor(p->fid), error = 0;
    if (fd < 0) {
        done(e, p, errno);
        return;
    }
    p->mode = 1;
    if (sync_give(&e->sync, SYNC_FILE, fd, p) < 0) {
        error = fsync(fd) < 0 ? errno : 0;
        p->mode = 0;
    }
    if (fd != p->fid->file.fd)
        held_close(fd);
    if (!p->mode)
        done(e, p, error);
}

static void give_close(struct export *e, struct parked *p)
{
    p->mode = sync_give(&e->sync, SYNC_CLOSE, p->fid->file.fd, p) == 0;
    fid_file_close(&p->fid->file);
    if (!p->mode)
        done(e, p, 0);
}

/* The mode of those that were given away is 1. These are things of everybody: who has
   called us is himself no more. */
static void give_all(struct export *e)
{
    struct parked *p, *next;
    for (p = TAILQ_FIRST(&e->park.list); p && sync_room(&e->sync); p = next) {
        next = TAILQ_NEXT(p, list);
        if (p->what == PARK_SYNC && !p->mode)
            give_sync(e, p);
        else if (p->what == PARK_CLOSE && !p->mode)
            give_close(e, p);
    }
}

enum exporter_end exporter_sync(struct export *e, const struct ninep *m, struct fid *f)
{
    if (f->mode < 0 && f->file.kind != FID_FILE && f->file.kind != FID_DIRECTORY)
        return EXPORTER_DONE;
    if (!park_add(&e->park, PARK_SYNC, m->tag, m->type, f))
        return EXPORTER_FAILED;
    give_all(e);
    return EXPORTER_SAID;
}

/* The last close(2) of a block device writes all that is dirty, that of a file begins to,
   and on some file systems ends it. */
static int may_take_long(const struct fid *f)
{
    return f->mode >= 0 && f->refs == 1 &&
           (f->file.kind == FID_BLOCK || f->wrote >= MUCH);
}

int exporter_close(struct export *e, struct fid *f, uint16_t tag)
{
    struct parked *p = 0;
    if (e->sync.fd >= 0 && may_take_long(f))
        p = park_add(&e->park, PARK_CLOSE, tag, NINEP_TCLUNK, f);
    fid_drop(&e->fids, f);
    if (!p)
        return 0;
    give_all(e);
    return 1;
}

void exporter_sync_forget(struct export *e, struct parked *p)
{
    sync_forget(&e->sync, p);
}

void exporter_sync_go_on(struct export *e)
{
    void *who;
    int error;
    while (sync_next(&e->sync, &who, &error))
        if (who)
            done(e, who, error);
    give_all(e);
}

/* Nobody waits for these any more; but a tty, too, would have close(2) wait. */
void exporter_sync_end(struct export *e)
{
    struct parked *p;
    TAILQ_FOREACH(p, &e->park.list, list)
    if ((p->what == PARK_CLOSE && !p->mode) || p->what == PARK_DRAIN)
        sync_leave(&e->sync, p->fid->file.fd);
}

#include <errno.h>
#include <string.h>

#include "dial.h"
#include "eia.h"
#include "exporter.h"

/* Each read tells the settings of now, as far as it goes. */
long exporter_ctl_read(const struct fid *f, uint64_t offset, unsigned char *bytes,
                       uint32_t count)
{
    char text[EIA_TEXT];
    int n = eia_read(f->file.fd, text);
    if (n < 0)
        return -1;
    if (offset >= (uint64_t)n)
        return 0;
    if (count > (uint64_t)n - offset)
        count = (uint32_t)((uint64_t)n - offset);
    memcpy(bytes, text + offset, count);
    return count;
}

static enum exporter_end park_ctl(struct export *e, const struct ninep *m, struct fid *f)
{
    struct parked *p = park_add(&e->park, PARK_CTL, m->tag, m->type, f);
    if (!p)
        return EXPORTER_FAILED;
    if (park_data(&e->park, p) < 0) {
        park_drop(&e->park, p);
        errno = ENOBUFS;
        return EXPORTER_FAILED;
    }
    memcpy(p->data, m->data, m->count);
    p->count = m->count;
    p->due = dial_now() + EXPORTER_TTY;
    return EXPORTER_SAID;
}

/* A break is waited for, and before it, that the tty has sent all. */
enum exporter_end exporter_ctl_write(struct export *e, const struct ninep *m,
                                     struct fid *f, struct ninep *r)
{
    struct parked *p;
    unsigned pause = 0;
    if (eia_write(f->file.fd, (const char *)m->data, m->count, &pause) < 0)
        return errno == EAGAIN ? park_ctl(e, m, f) : EXPORTER_FAILED;
    r->count = m->count;
    if (!pause)
        return EXPORTER_DONE;
    p = park_add(&e->park, PARK_BREAK, m->tag, m->type, f);
    if (!p) {
        eia_break(f->file.fd);
        errno = ENOBUFS;
        return EXPORTER_FAILED;
    }
    p->done = m->count;
    p->due = dial_now() + pause;
    return EXPORTER_SAID;
}

void exporter_ctl_go_on(struct export *e, struct parked *r, long long now)
{
    unsigned pause = 0;
    int done = eia_write(r->fid->file.fd, (const char *)r->data, r->count, &pause);
    if (done < 0 && errno == EAGAIN) {
        r->due = now + EXPORTER_TTY;
        return;
    }
    if (done < 0) {
        exporter_end_parked(e, r, errno);
        return;
    }
    r->what = PARK_BREAK;
    r->done = r->count;
    r->due = now + pause;
}

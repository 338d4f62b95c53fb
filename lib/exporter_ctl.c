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

/* A break is waited for. */
enum exporter_end exporter_ctl_write(struct export *e, const struct ninep *m,
                                     struct fid *f, struct ninep *r)
{
    struct parked *p;
    unsigned pause = 0;
    if (eia_write(f->file.fd, (const char *)m->data, m->count, &pause) < 0)
        return EXPORTER_FAILED;
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

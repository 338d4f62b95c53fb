#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exporter.h"

static int is_ready(int fd, short what)
{
    struct pollfd p = {.fd = fd, .events = what};
    return poll(&p, 1, 0) == 1;
}

/* What is read as it comes is looked at first: nobody writes a FIFO yet, and read(2)
   would call that its end. */
static long read_file(const struct fid *f, uint64_t offset, unsigned char *bytes,
                      uint32_t count)
{
    ssize_t n;
    if (f->file.kind == FID_WAITS && !is_ready(f->file.fd, POLLIN)) {
        errno = EAGAIN;
        return -1;
    }
    if (!count && f->file.kind == FID_WAITS)
        return 0;
    do
        n = f->no_offset ? read(f->file.fd, bytes, count)
                         : pread(f->file.fd, bytes, count, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

static long read_any(struct export *e, struct fid *f, uint64_t offset,
                     unsigned char *bytes, uint32_t count)
{
    if (f->file.kind == FID_DIRECTORY)
        return exporter_entries(e, f, offset, bytes, count);
    if (f->file.kind == FID_CTL)
        return exporter_ctl_read(f, offset, bytes, count);
    return read_file(f, offset, bytes, count);
}

enum exporter_end exporter_read_now(struct export *e, uint16_t tag, struct fid *f,
                                    uint64_t offset, uint32_t count)
{
    uint32_t most = e->wire->most[WIRE_R] - NINEP_IOHEADER;
    struct ninep r;
    unsigned char *bytes;
    long n;
    if (count > most)
        count = most;
    bytes = exporter_room(e, NINEP_RREAD_DATA + count);
    if (!bytes)
        return EXPORTER_FULL;
    n = read_any(e, f, offset, bytes + NINEP_RREAD_DATA, count);
    if (n < 0)
        return errno == EAGAIN && f->file.kind == FID_WAITS ? EXPORTER_WAITS
                                                            : EXPORTER_FAILED;
    memset(&r, 0, sizeof r);
    r.type = NINEP_RREAD;
    r.tag = tag;
    r.count = (uint32_t)n;
    ninep_pack(bytes, NINEP_RREAD_DATA, &r);
    wire_put(e->wire, WIRE_R, NINEP_RREAD_DATA + (size_t)n);
    return EXPORTER_SAID;
}

enum exporter_end exporter_read(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    enum exporter_end end;
    struct parked *p;
    (void)r;
    if (!f)
        return EXPORTER_FAILED;
    if (f->mode < 0 || (f->mode & 3) == NINEP_OWRITE) {
        errno = EBADF;
        return EXPORTER_FAILED;
    }
    if (m->offset > INT64_MAX) {
        errno = EINVAL;
        return EXPORTER_FAILED;
    }
    /* Who came before gets it. */
    end =
        f->reads ? EXPORTER_WAITS : exporter_read_now(e, m->tag, f, m->offset, m->count);
    if (end != EXPORTER_WAITS && end != EXPORTER_FULL)
        return end;
    p = park_add(&e->park, end == EXPORTER_WAITS ? PARK_READ : PARK_ANSWER, m->tag,
                 m->type, f);
    if (!p && end == EXPORTER_WAITS)
        return EXPORTER_FAILED;
    if (!p) {
        e->lost = errno;
        return EXPORTER_SAID;
    }
    p->offset = m->offset;
    p->count = m->count;
    return EXPORTER_SAID;
}

/* One call, so that nobody else's bytes come between these. */
static ssize_t write_some(const struct fid *f, uint64_t offset, const unsigned char *data,
                          uint32_t count)
{
    /* iovec has no const. */
    struct iovec v = {.iov_base = (void *)(uintptr_t)data, .iov_len = count};
    if (f->no_offset)
        return write(f->file.fd, data, count);
    if (offset == NINEP_APPEND)
        return pwritev2(f->file.fd, &v, 1, 0, RWF_APPEND);
    return pwrite(f->file.fd, data, count, (off_t)offset);
}

enum exporter_end exporter_write_now(struct fid *f, uint64_t offset,
                                     const unsigned char *data, uint32_t count,
                                     uint32_t *done)
{
    ssize_t n;
    if (!count && f->file.kind == FID_WAITS)
        return is_ready(f->file.fd, POLLOUT) ? EXPORTER_DONE : EXPORTER_WAITS;
    while (*done < count) {
        n = write_some(f, offset == NINEP_APPEND ? offset : offset + *done, data + *done,
                       count - *done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN && f->file.kind == FID_WAITS)
            return EXPORTER_WAITS;
        /* Of a file one is told why it is full, not only that it is. */
        if (n <= 0)
            return *done && f->file.kind != FID_FILE ? EXPORTER_DONE : EXPORTER_FAILED;
        *done += (uint32_t)n;
        f->wrote += (uint64_t)n;
    }
    return EXPORTER_DONE;
}

void exporter_wrote(struct export *e, uint16_t tag, uint32_t count)
{
    struct ninep r;
    memset(&r, 0, sizeof r);
    r.type = NINEP_RWRITE;
    r.tag = tag;
    r.count = count;
    exporter_say(e, &r);
}

/* Its data goes with it. */
static enum exporter_end park_write(struct export *e, const struct ninep *m,
                                    struct fid *f, uint32_t done)
{
    struct parked *p = park_add(&e->park, PARK_WRITE, m->tag, m->type, f);
    int error;
    if (p && park_data(&e->park, p) == 0) {
        memcpy(p->data, m->data, m->count);
        p->count = m->count;
        p->done = done;
        return EXPORTER_SAID;
    }
    error = errno;
    if (p)
        park_drop(&e->park, p);
    if (done) {
        exporter_wrote(e, m->tag, done);
        return EXPORTER_SAID;
    }
    errno = error;
    return EXPORTER_FAILED;
}

enum exporter_end exporter_write(struct export *e, const struct ninep *m, struct ninep *r)
{
    struct fid *f = fid_find(&e->fids, m->fid);
    enum exporter_end end;
    uint32_t done = 0;
    if (!f)
        return EXPORTER_FAILED;
    if (f->mode < 0 || !((f->mode & 3) == NINEP_OWRITE || (f->mode & 3) == NINEP_ORDWR)) {
        errno = EBADF;
        return EXPORTER_FAILED;
    }
    if (f->file.kind == FID_CTL)
        return exporter_ctl_write(e, m, f, r);
    if (m->offset > (uint64_t)INT64_MAX - m->count && m->offset != NINEP_APPEND) {
        errno = EFBIG;
        return EXPORTER_FAILED;
    }
    end = f->writes ? EXPORTER_WAITS
                    : exporter_write_now(f, m->offset, m->data, m->count, &done);
    if (end == EXPORTER_WAITS)
        return park_write(e, m, f, done);
    r->count = done;
    return end;
}

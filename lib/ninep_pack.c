#include <endian.h>
#include <errno.h>
#include <string.h>

#include "ninep.h"

/* Bytes on their way out; what has no room is left out, and of that it is full. */
struct out {
    unsigned char *at, *end;
    int full;
};

/* Inline, for the bytes are known where it is called. */
static inline void put(struct out *out, uint64_t n, size_t bytes)
{
    if ((size_t)(out->end - out->at) < bytes) {
        out->full = 1;
        return;
    }
    n = htole64(n);
    memcpy(out->at, &n, bytes);
    out->at += bytes;
}

static void put_bytes(struct out *out, const void *from, size_t n)
{
    if ((size_t)(out->end - out->at) < n)
        out->full = 1;
    else if (n) {
        memcpy(out->at, from, n);
        out->at += n;
    }
}

static void put_text(struct out *out, const struct ninep_text *t)
{
    put(out, t->length, 2);
    put_bytes(out, t->at, t->length);
}

static void put_qid(struct out *out, const struct ninep_qid *q)
{
    put(out, q->type, 1);
    put(out, q->version, 4);
    put(out, q->path, 8);
}

static void put_data(struct out *out, const struct ninep *m)
{
    put(out, m->count, 4);
    if (m->data)
        put_bytes(out, m->data, m->count);
}

static size_t stat_size(const struct ninep_stat *s)
{
    return NINEP_STAT - 4 * NINEP_NAME + (size_t)s->name.length + s->uid.length +
           s->gid.length + s->muid.length;
}

static void put_stat(struct out *out, const struct ninep_stat *s)
{
    size_t size = stat_size(s) - 2;

    if (size > UINT16_MAX)
        out->full = 1;
    put(out, size, 2);
    put(out, s->type, 2);
    put(out, s->dev, 4);
    put_qid(out, &s->qid);
    put(out, s->mode, 4);
    put(out, s->atime, 4);
    put(out, s->mtime, 4);
    put(out, s->length, 8);
    put_text(out, &s->name);
    put_text(out, &s->uid);
    put_text(out, &s->gid);
    put_text(out, &s->muid);
}

/* As a member of a message it has a size once more. */
static void put_whole_stat(struct out *out, const struct ninep_stat *s)
{
    if (stat_size(s) > UINT16_MAX)
        out->full = 1;
    put(out, stat_size(s), 2);
    put_stat(out, s);
}

/* What stands behind size, type and tag. Returns 0, or -1: there is no such message. */
static int put_members(struct out *out, const struct ninep *m)
{
    unsigned i;

    switch (m->type) {
    case NINEP_TVERSION:
    case NINEP_RVERSION:
        put(out, m->msize, 4);
        put_text(out, &m->text);
        return 0;
    case NINEP_TATTACH:
        put(out, m->fid, 4);
        /* fall through */
    case NINEP_TAUTH:
        put(out, m->afid, 4);
        put_text(out, &m->uname);
        put_text(out, &m->aname);
        return 0;
    case NINEP_RAUTH:
    case NINEP_RATTACH:
        put_qid(out, &m->qid[0]);
        return 0;
    case NINEP_RERROR:
        put_text(out, &m->text);
        return 0;
    case NINEP_TFLUSH:
        put(out, m->oldtag, 2);
        return 0;
    case NINEP_TWALK:
        put(out, m->fid, 4);
        put(out, m->newfid, 4);
        put(out, m->names, 2);
        for (i = 0; i < m->names && i < NINEP_WALK; ++i)
            put_text(out, &m->name[i]);
        return m->names <= NINEP_WALK ? 0 : -1;
    case NINEP_RWALK:
        put(out, m->names, 2);
        for (i = 0; i < m->names && i < NINEP_WALK; ++i)
            put_qid(out, &m->qid[i]);
        return m->names <= NINEP_WALK ? 0 : -1;
    case NINEP_TOPEN:
        put(out, m->fid, 4);
        put(out, m->mode, 1);
        return 0;
    case NINEP_ROPEN:
    case NINEP_RCREATE:
        put_qid(out, &m->qid[0]);
        put(out, m->iounit, 4);
        return 0;
    case NINEP_TCREATE:
        put(out, m->fid, 4);
        put_text(out, &m->text);
        put(out, m->perm, 4);
        put(out, m->mode, 1);
        return 0;
    case NINEP_TREAD:
        put(out, m->fid, 4);
        put(out, m->offset, 8);
        put(out, m->count, 4);
        return 0;
    case NINEP_TWRITE:
        put(out, m->fid, 4);
        put(out, m->offset, 8);
        /* fall through */
    case NINEP_RREAD:
        put_data(out, m);
        return 0;
    case NINEP_RWRITE:
        put(out, m->count, 4);
        return 0;
    case NINEP_TCLUNK:
    case NINEP_TREMOVE:
    case NINEP_TSTAT:
        put(out, m->fid, 4);
        return 0;
    case NINEP_TWSTAT:
        put(out, m->fid, 4);
        /* fall through */
    case NINEP_RSTAT:
        put_whole_stat(out, &m->stat);
        return 0;
    case NINEP_RFLUSH:
    case NINEP_RCLUNK:
    case NINEP_RREMOVE:
    case NINEP_RWSTAT:
        return 0;
    default:
        return -1;
    }
}

/* Bytes that the caller puts behind it himself. */
static size_t left_out(const struct ninep *m)
{
    int has_data = m->type == NINEP_RREAD || m->type == NINEP_TWRITE;

    return has_data && !m->data ? m->count : 0;
}

size_t ninep_pack(void *bytes, size_t size, const struct ninep *m)
{
    struct out out = {.at = bytes, .end = (unsigned char *)bytes + size}, head = out;
    size_t n;

    put(&out, 0, 4);
    put(&out, m->type, 1);
    put(&out, m->tag, 2);
    if (put_members(&out, m) < 0) {
        errno = EINVAL;
        return 0;
    }
    n = (size_t)(out.at - (unsigned char *)bytes);
    if (out.full || left_out(m) > UINT32_MAX - n) {
        errno = EMSGSIZE;
        return 0;
    }
    put(&head, n + left_out(m), 4);
    return n;
}

size_t ninep_pack_stat(void *bytes, size_t size, const struct ninep_stat *s)
{
    struct out out = {.at = bytes, .end = (unsigned char *)bytes + size};

    put_stat(&out, s);
    if (!out.full)
        return stat_size(s);
    errno = EMSGSIZE;
    return 0;
}

void ninep_no_change(struct ninep_stat *s)
{
    *s = (struct ninep_stat){
        .type = UINT16_MAX,
        .dev = UINT32_MAX,
        .qid = {.type = UINT8_MAX, .version = UINT32_MAX, .path = UINT64_MAX},
        .mode = UINT32_MAX,
        .atime = UINT32_MAX,
        .mtime = UINT32_MAX,
        .length = UINT64_MAX,
        .name = {.at = ""},
        .uid = {.at = ""},
        .gid = {.at = ""},
        .muid = {.at = ""},
    };
}

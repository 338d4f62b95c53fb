#include "ninep.h"

#include <errno.h>
#include <string.h>

int ninep_asks(unsigned type)
{
    return !(type & 1);
}

/* Bytes on their way in. What there is too little of is 0, and of that it is bad. */
struct in {
    const unsigned char *at, *end;
    int bad;
};

static const unsigned char *take(struct in *in, size_t n)
{
    static const unsigned char none[8];
    const unsigned char *at = in->at;

    if ((size_t)(in->end - at) < n) {
        in->bad = 1;
        return none;
    }
    in->at += n;
    return at;
}

static uint8_t take1(struct in *in)
{
    return *take(in, 1);
}

static uint16_t take2(struct in *in)
{
    const unsigned char *at = take(in, 2);

    return (uint16_t)(at[0] | (unsigned)at[1] << 8);
}

static uint32_t take4(struct in *in)
{
    const unsigned char *at = take(in, 4);

    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t take8(struct in *in)
{
    uint64_t low = take4(in);

    return low | (uint64_t)take4(in) << 32;
}

static void take_text(struct in *in, struct ninep_text *t)
{
    t->length = take2(in);
    t->at = (const char *)in->at;
    take(in, t->length);
}

static void take_qid(struct in *in, struct ninep_qid *q)
{
    q->type = take1(in);
    q->version = take4(in);
    q->path = take8(in);
}

static void take_data(struct in *in, struct ninep *m)
{
    m->count = take4(in);
    m->data = in->at;
    take(in, m->count);
}

/* How many names or qids come. */
static void take_names(struct in *in, struct ninep *m)
{
    m->names = take2(in);
    if (m->names > NINEP_WALK)
        in->bad = 1;
    if (in->bad)
        m->names = 0;
}

/* An entry, which must fill what its size says. */
static void take_stat(struct in *all, struct ninep_stat *s)
{
    size_t size = take2(all);
    struct in in = {.at = all->at};

    take(all, size);
    if (all->bad)
        return;
    in.end = all->at;
    s->type = take2(&in);
    s->dev = take4(&in);
    take_qid(&in, &s->qid);
    s->mode = take4(&in);
    s->atime = take4(&in);
    s->mtime = take4(&in);
    s->length = take8(&in);
    take_text(&in, &s->name);
    take_text(&in, &s->uid);
    take_text(&in, &s->gid);
    take_text(&in, &s->muid);
    if (in.bad || in.at != in.end)
        all->bad = 1;
}

/* As a member of a message it has a size once more. */
static void take_whole_stat(struct in *in, struct ninep_stat *s)
{
    if (take2(in) != in->end - in->at)
        in->bad = 1;
    take_stat(in, s);
}

/* What stands behind size, type and tag. */
static void take_members(struct in *in, struct ninep *m)
{
    unsigned i;

    switch (m->type) {
    case NINEP_TVERSION:
    case NINEP_RVERSION:
        m->msize = take4(in);
        take_text(in, &m->text);
        return;
    case NINEP_TATTACH:
        m->fid = take4(in);
        /* fall through */
    case NINEP_TAUTH:
        m->afid = take4(in);
        take_text(in, &m->uname);
        take_text(in, &m->aname);
        return;
    case NINEP_RAUTH:
    case NINEP_RATTACH:
        take_qid(in, &m->qid[0]);
        return;
    case NINEP_RERROR:
        take_text(in, &m->text);
        return;
    case NINEP_TFLUSH:
        m->oldtag = take2(in);
        return;
    case NINEP_TWALK:
        m->fid = take4(in);
        m->newfid = take4(in);
        take_names(in, m);
        for (i = 0; i < m->names; ++i)
            take_text(in, &m->name[i]);
        return;
    case NINEP_RWALK:
        take_names(in, m);
        for (i = 0; i < m->names; ++i)
            take_qid(in, &m->qid[i]);
        return;
    case NINEP_TOPEN:
        m->fid = take4(in);
        m->mode = take1(in);
        return;
    case NINEP_ROPEN:
    case NINEP_RCREATE:
        take_qid(in, &m->qid[0]);
        m->iounit = take4(in);
        return;
    case NINEP_TCREATE:
        m->fid = take4(in);
        take_text(in, &m->text);
        m->perm = take4(in);
        m->mode = take1(in);
        return;
    case NINEP_TREAD:
        m->fid = take4(in);
        m->offset = take8(in);
        m->count = take4(in);
        return;
    case NINEP_TWRITE:
        m->fid = take4(in);
        m->offset = take8(in);
        /* fall through */
    case NINEP_RREAD:
        take_data(in, m);
        return;
    case NINEP_RWRITE:
        m->count = take4(in);
        return;
    case NINEP_TCLUNK:
    case NINEP_TREMOVE:
    case NINEP_TSTAT:
        m->fid = take4(in);
        return;
    case NINEP_TWSTAT:
        m->fid = take4(in);
        /* fall through */
    case NINEP_RSTAT:
        take_whole_stat(in, &m->stat);
        return;
    case NINEP_RFLUSH:
    case NINEP_RCLUNK:
    case NINEP_RREMOVE:
    case NINEP_RWSTAT:
        return;
    default:
        in->bad = 1;
    }
}

static int judge(const struct in *in)
{
    if (!in->bad && in->at == in->end)
        return 0;
    errno = EPROTO;
    return -1;
}

uint32_t ninep_size(const void *bytes)
{
    struct in in = {.at = bytes, .end = (const unsigned char *)bytes + 4};

    return take4(&in);
}

int ninep_parse(struct ninep *m, const void *bytes, size_t n)
{
    struct in in = {.at = bytes, .end = (const unsigned char *)bytes + n};

    if (take4(&in) != n)
        in.bad = 1;
    m->type = take1(&in);
    m->tag = take2(&in);
    if (!in.bad)
        take_members(&in, m);
    return judge(&in);
}

long ninep_parse_stat(struct ninep_stat *s, const void *bytes, size_t n)
{
    struct in in = {.at = bytes, .end = (const unsigned char *)bytes + n};

    if (n == 0)
        return 0;
    take_stat(&in, s);
    in.end = in.at;
    return judge(&in) < 0 ? -1 : (long)(in.at - (const unsigned char *)bytes);
}

struct ninep_text ninep_text(const char *s)
{
    return (struct ninep_text){.at = s, .length = (uint16_t)strnlen(s, UINT16_MAX)};
}

int ninep_is(const struct ninep_text *t, const char *s)
{
    return strlen(s) == t->length && memcmp(t->at, s, t->length) == 0;
}

int ninep_name(char *out, const struct ninep_text *t)
{
    if (t->length > NINEP_NAME) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (t->length == 0 || ninep_is(t, ".") || ninep_is(t, "..") ||
        memchr(t->at, '/', t->length) || memchr(t->at, 0, t->length)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(out, t->at, t->length);
    out[t->length] = 0;
    return 0;
}

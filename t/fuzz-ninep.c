/* fuzz-ninep: messages of 9P, one behind the other, and entries of a directory. */
#include "fuzz-main.h"

#include <errno.h>
#include <string.h>

#include "ename.h"
#include "ninep.h"

static uint8_t *copy_of(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    MUST(copy);
    memcpy(copy, data, n);
    return copy;
}

static void check_text(const struct ninep_text *t, const uint8_t *data, size_t n)
{
    char name[NINEP_NAME + 1];

    MUST((const uint8_t *)t->at >= data &&
         (const uint8_t *)t->at + t->length <= data + n);
    if (ninep_name(name, t) == 0)
        MUST(ninep_is(t, name) && *name && !strchr(name, '/'));
    else
        MUST(errno == EINVAL || errno == ENAMETOOLONG);
    MUST(ename_errno(t) > 0);
}

static void check_stat(const struct ninep_stat *s, const uint8_t *data, size_t n)
{
    check_text(&s->name, data, n);
    check_text(&s->uid, data, n);
    check_text(&s->gid, data, n);
    check_text(&s->muid, data, n);
}

/* A message is what it is packed to, and has no room in less. */
static void check_message(const uint8_t *data, size_t n)
{
    uint8_t *bytes = copy_of(data, n), *again = malloc(n + 1);
    struct ninep m;

    MUST(again);
    memset(&m, 0xa5, sizeof m);
    if (ninep_parse(&m, bytes, n) < 0)
        MUST(errno == EPROTO);
    else {
        MUST(ninep_size(bytes) == n && n >= NINEP_HEADER && m.type == bytes[4]);
        MUST(ninep_pack(again, n, &m) == n && !memcmp(again, bytes, n));
        MUST(ninep_pack(again, n - 1, &m) == 0 && errno == EMSGSIZE);
        if (m.type == NINEP_TWALK)
            for (unsigned i = 0; i < m.names; ++i)
                check_text(&m.name[i], bytes, n);
        if (m.type == NINEP_RERROR || m.type == NINEP_TVERSION || m.type == NINEP_TCREATE)
            check_text(&m.text, bytes, n);
        if (m.type == NINEP_TATTACH || m.type == NINEP_TAUTH) {
            check_text(&m.uname, bytes, n);
            check_text(&m.aname, bytes, n);
        }
        if (m.type == NINEP_RSTAT || m.type == NINEP_TWSTAT)
            check_stat(&m.stat, bytes, n);
        if (m.type == NINEP_RREAD || m.type == NINEP_TWRITE)
            MUST(m.data >= bytes && m.data + m.count == bytes + n);
    }
    free(again);
    free(bytes);
}

/* The same, as if its size were right: else what is nearly a message is seldom looked
   into. */
static void check_sized(const uint8_t *data, size_t n)
{
    uint8_t *sized = copy_of(data, n);
    size_t i;

    for (i = 0; i < 4; ++i)
        sized[i] = (uint8_t)(n >> 8 * i);
    check_message(sized, n);
    free(sized);
}

static void check_directory(const uint8_t *data, size_t n)
{
    uint8_t *bytes = copy_of(data, n);
    static uint8_t again[UINT16_MAX + 2];
    struct ninep_stat s;
    size_t at = 0;
    long k;

    while ((k = ninep_parse_stat(&s, bytes + at, n - at)) > 0) {
        MUST((size_t)k <= n - at);
        check_stat(&s, bytes + at, (size_t)k);
        MUST(ninep_pack_stat(again, (size_t)k, &s) == (size_t)k);
        MUST(!memcmp(again, bytes + at, (size_t)k));
        at += (size_t)k;
    }
    MUST(k == 0 ? at == n : errno == EPROTO);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint32_t size;

    check_directory(data, n);
    for (; n >= NINEP_HEADER; data += size, n -= size) {
        size = ninep_size(data);
        if (size < NINEP_HEADER || size > n)
            size = (uint32_t)n;
        check_message(data, size);
        check_sized(data, size);
    }
    check_message(data, n);
    return 0;
}

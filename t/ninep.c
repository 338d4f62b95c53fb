/* ninep: lib/ninep, tried by the tests. `ninep golden` prints a message of each type in
   hexadecimal; `ninep lengths` tries what is too short, too long or has another length in
   it; `ninep rules` tries types, names and what has no room; `ninep random COUNT SEED`
   packs and parses messages of random content (SEED 0: another one each time). What is
   not as it should be ends in abort(3). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ninep.h"
#include "say.h"

#define MUST(what)                                                                       \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #what);                    \
            fflush(stdout);                                                              \
            abort();                                                                     \
        }                                                                                \
    } while (0)

enum { MOST = 400000, LENGTHS = 6 };

static const struct ninep_qid qid1 = {.type = 0x80, .version = 1, .path = 2};
static const struct ninep_qid qid2 = {
    .type = 1, .version = 0x01020304, .path = 0x1122334455667788};

/* A message of each type, and where in it 16-bit and 32-bit lengths stand. */
static struct sample {
    const char *name;
    struct ninep m;
    unsigned char at[LENGTHS], size[LENGTHS];
} samples[] = {
    {"Tversion", {.type = NINEP_TVERSION, .tag = NINEP_NOTAG, .msize = 8216}, {11}, {2}},
    {"Rversion", {.type = NINEP_RVERSION, .tag = NINEP_NOTAG, .msize = 8216}, {11}, {2}},
    {"Tauth", {.type = NINEP_TAUTH, .tag = 1, .afid = 0x01020304}, {11, 15}, {2, 2}},
    {"Rauth", {.type = NINEP_RAUTH, .tag = 1}, {0}, {0}},
    {"Tattach", {.type = NINEP_TATTACH, .afid = NINEP_NOFID}, {15, 19}, {2, 2}},
    {"Rattach", {.type = NINEP_RATTACH}, {0}, {0}},
    {"Rerror", {.type = NINEP_RERROR, .tag = 0x1234}, {7}, {2}},
    {"Tflush", {.type = NINEP_TFLUSH, .tag = 1, .oldtag = 0x0203}, {0}, {0}},
    {"Rflush", {.type = NINEP_RFLUSH, .tag = 1}, {0}, {0}},
    {"Twalk",
     {.type = NINEP_TWALK, .tag = 1, .fid = 2, .newfid = 3, .names = 2},
     {15, 17, 22},
     {2, 2, 2}},
    {"Rwalk", {.type = NINEP_RWALK, .tag = 1, .names = 2}, {7}, {2}},
    {"Topen", {.type = NINEP_TOPEN, .tag = 1, .fid = 2, .mode = 0x11}, {0}, {0}},
    {"Ropen", {.type = NINEP_ROPEN, .tag = 1, .iounit = 8192}, {0}, {0}},
    {"Tcreate",
     {.type = NINEP_TCREATE, .tag = 1, .fid = 2, .perm = 0x800001ed, .mode = 2},
     {11},
     {2}},
    {"Rcreate", {.type = NINEP_RCREATE, .tag = 1, .iounit = 8192}, {0}, {0}},
    {"Tread",
     {.type = NINEP_TREAD, .tag = 1, .fid = 2, .offset = 0x0102030405060708, .count = 16},
     {0},
     {0}},
    {"Rread", {.type = NINEP_RREAD, .tag = 1, .count = 5}, {7}, {4}},
    {"Twrite",
     {.type = NINEP_TWRITE, .tag = 1, .fid = 2, .offset = 0x100000000, .count = 5},
     {19},
     {4}},
    {"Rwrite", {.type = NINEP_RWRITE, .tag = 1, .count = 5}, {0}, {0}},
    {"Tclunk", {.type = NINEP_TCLUNK, .tag = 1, .fid = 2}, {0}, {0}},
    {"Rclunk", {.type = NINEP_RCLUNK, .tag = 1}, {0}, {0}},
    {"Tremove", {.type = NINEP_TREMOVE, .tag = 1, .fid = 2}, {0}, {0}},
    {"Rremove", {.type = NINEP_RREMOVE, .tag = 1}, {0}, {0}},
    {"Tstat", {.type = NINEP_TSTAT, .tag = 1, .fid = 2}, {0}, {0}},
    {"Rstat",
     {.type = NINEP_RSTAT, .tag = 1},
     {7, 9, 50, 56, 60, 65},
     {2, 2, 2, 2, 2, 2}},
    {"Twstat", {.type = NINEP_TWSTAT, .tag = 1, .fid = 2}, {11, 13}, {2, 2}},
    {"Rwstat", {.type = NINEP_RWSTAT, .tag = 1}, {0}, {0}},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void fill(struct ninep *m)
{
    m->text = ninep_text(m->type == NINEP_RERROR    ? "No such file or directory"
                         : m->type == NINEP_TCREATE ? "new"
                                                    : NINEP_VERSION);
    m->uname = ninep_text(m->type == NINEP_TAUTH ? "me" : "al");
    m->aname = ninep_text(m->type == NINEP_TAUTH ? "/" : "");
    m->name[0] = ninep_text("usr");
    m->name[1] = ninep_text("..");
    m->qid[0] = qid1;
    m->qid[1] = qid2;
    m->data = (const unsigned char *)"hello";
    if (m->type == NINEP_TWSTAT)
        ninep_no_change(&m->stat);
    else
        m->stat = (struct ninep_stat){.type = 0x0102,
                                      .dev = 0x03040506,
                                      .qid = qid2,
                                      .mode = 0644,
                                      .atime = 7,
                                      .mtime = 8,
                                      .length = 0x100000009,
                                      .name = ninep_text("name"),
                                      .uid = ninep_text("me"),
                                      .gid = ninep_text("lab"),
                                      .muid = ninep_text("jo")};
}

static void *take(size_t n)
{
    void *p = malloc(n ? n : 1);

    MUST(p);
    return p;
}

/* Bytes that end where their memory ends, so that the sanitizers notice one too many. */
static unsigned char *exactly(const void *bytes, size_t n)
{
    unsigned char *copy = take(n);

    memcpy(copy, bytes, n);
    return copy;
}

/* Pack it into exactly its size, and parse it again; less room is not enough. What came
   is the same when it packs to the same bytes; members that were not parsed hold noise.
   Returns the bytes, to be freed. */
static unsigned char *there_and_back(const struct ninep *m, size_t *n)
{
    static unsigned char room[MOST], again[MOST];
    struct ninep back;
    unsigned char *bytes, *less;

    *n = ninep_pack(room, sizeof room, m);
    MUST(*n >= NINEP_HEADER && ninep_size(room) == *n);
    bytes = take(*n);
    MUST(ninep_pack(bytes, *n, m) == *n && !memcmp(bytes, room, *n));
    less = take(*n - 1);
    errno = 0;
    MUST(ninep_pack(less, *n - 1, m) == 0 && errno == EMSGSIZE);
    free(less);
    memset(&back, 0xa5, sizeof back);
    MUST(ninep_parse(&back, bytes, *n) == 0);
    MUST(back.type == m->type && back.tag == m->tag);
    MUST(ninep_pack(again, sizeof again, &back) == *n && !memcmp(again, bytes, *n));
    return bytes;
}

static int golden(void)
{
    for (size_t i = 0; i < SAMPLES; ++i) {
        unsigned char *bytes;
        size_t n, k;

        fill(&samples[i].m);
        bytes = there_and_back(&samples[i].m, &n);
        printf("%s ", samples[i].name);
        for (k = 0; k < n; ++k)
            printf("%02x", bytes[k]);
        putchar('\n');
        free(bytes);
    }
    return SAY_DONE;
}

/* The n bytes are no message. */
static void is_none(const unsigned char *bytes, size_t n)
{
    unsigned char *copy = exactly(bytes, n);
    struct ninep m;

    errno = 0;
    if (ninep_parse(&m, copy, n) == 0 || errno != EPROTO) {
        for (size_t i = 0; i < n; ++i)
            printf("%02x", copy[i]);
        puts(" is taken for a message");
        exit(SAY_NO);
    }
    free(copy);
}

static void put(unsigned char *at, uint64_t n, unsigned size)
{
    for (; size; --size, n >>= 8)
        *at++ = (unsigned char)n;
}

static uint32_t get(const unsigned char *at, unsigned size)
{
    return size == 2 ? at[0] | (uint32_t)at[1] << 8 : ninep_size(at);
}

/* It cut off at each byte, and with bytes more, whether or not its size says so. */
static void other_sizes(const unsigned char *bytes, size_t n)
{
    static unsigned char more[MOST];

    for (size_t k = 0; k < n + 300; ++k) {
        if (k == n)
            continue;
        memset(more, 0, n + 300);
        memcpy(more, bytes, n);
        is_none(more, k);
        if (k < 4)
            continue;
        put(more, k, 4);
        is_none(more, k);
        is_none(more, n);
    }
}

static void other_length(const unsigned char *bytes, size_t n, size_t at, unsigned size,
                         uint32_t length)
{
    unsigned char *copy;

    if (length == get(bytes + at, size))
        return;
    copy = exactly(bytes, n);
    put(copy + at, length, size);
    is_none(copy, n);
    free(copy);
}

static int lengths(void)
{
    for (size_t i = 0; i < SAMPLES; ++i) {
        struct sample *s = &samples[i];
        unsigned char *bytes;
        size_t n;

        fill(&s->m);
        bytes = there_and_back(&s->m, &n);
        other_sizes(bytes, n);
        for (unsigned k = 0; k < LENGTHS && s->size[k]; ++k) {
            uint32_t most = s->size[k] == 2 ? 0xffff : 0xffffffff;
            uint32_t is = get(bytes + s->at[k], s->size[k]);

            for (uint32_t d = 0; d < 300; ++d) {
                other_length(bytes, n, s->at[k], s->size[k], d);
                other_length(bytes, n, s->at[k], s->size[k], most - d);
                other_length(bytes, n, s->at[k], s->size[k], (is << 8 | d) & most);
            }
        }
        free(bytes);
    }
    return SAY_DONE;
}

static void types(void)
{
    unsigned char bytes[64];
    struct ninep m = {0};

    for (unsigned type = 0; type < 256; ++type) {
        size_t i = 0, n;

        while (i < SAMPLES && samples[i].m.type != type)
            ++i;
        m.type = (uint8_t)type;
        errno = 0;
        n = ninep_pack(bytes, sizeof bytes, &m);
        if (i < SAMPLES) {
            MUST(n && ninep_asks(type) == (samples[i].name[0] == 'T'));
            continue;
        }
        MUST(n == 0 && errno == EINVAL);
        for (n = NINEP_HEADER; n <= sizeof bytes; ++n) {
            memset(bytes, 0, sizeof bytes);
            put(bytes, n, 4);
            bytes[4] = (unsigned char)type;
            is_none(bytes, n);
        }
    }
}

static void names(void)
{
    static const char *const bad[] = {"", ".", "..", "/", "a/b", "../x"};
    char out[NINEP_NAME + 1], most[NINEP_NAME + 1] = "";
    struct ninep_text t;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        t = ninep_text(bad[i]);
        MUST(ninep_name(out, &t) < 0 && errno == EINVAL);
    }
    t = (struct ninep_text){.at = "a\0b", .length = 3};
    MUST(ninep_name(out, &t) < 0 && errno == EINVAL);
    MUST(!ninep_is(&t, "a") && !ninep_is(&t, "a\0b"));
    t.length = 1;
    MUST(ninep_is(&t, "a") && !ninep_is(&t, "b") && !ninep_is(&t, "aa"));
    memset(most, 'x', NINEP_NAME);
    t = ninep_text(most);
    MUST(ninep_name(out, &t) == 0 && !strcmp(out, most));
    t.length++;
    MUST(ninep_name(out, &t) < 0 && errno == ENAMETOOLONG);
    t = ninep_text("...");
    MUST(ninep_name(out, &t) == 0 && !strcmp(out, "..."));
}

/* Packed without their data, two messages say how long they are with it. */
static void without_data(void)
{
    static const unsigned char type[] = {NINEP_RREAD, NINEP_TWRITE};
    static const size_t head[] = {NINEP_RREAD_DATA, NINEP_TWRITE_DATA};

    for (unsigned i = 0; i < 2; ++i) {
        struct ninep m = {.type = type[i], .count = 1000000}, back;
        unsigned char *bytes = take(head[i] + m.count);

        memset(bytes + head[i], 'd', m.count);
        MUST(ninep_pack(bytes, head[i] - 1, &m) == 0 && errno == EMSGSIZE);
        MUST(ninep_pack(bytes, head[i], &m) == head[i]);
        MUST(ninep_parse(&back, bytes, head[i] + m.count) == 0);
        MUST(back.data == bytes + head[i] && back.count == m.count);
        m.count = UINT32_MAX - (uint32_t)head[i];
        MUST(ninep_pack(bytes, head[i], &m) && ninep_size(bytes) == UINT32_MAX);
        m.count++;
        MUST(ninep_pack(bytes, head[i], &m) == 0 && errno == EMSGSIZE);
        free(bytes);
    }
}

/* More than fits into a number of the message. */
static void too_much(void)
{
    static unsigned char bytes[MOST];
    static char text[65536];
    struct ninep m = {.type = NINEP_TWALK, .names = NINEP_WALK + 1};
    struct ninep_text part = {.at = text, .length = 16371};
    size_t i;

    MUST(ninep_pack(bytes, sizeof bytes, &m) == 0 && errno == EINVAL);
    m.type = NINEP_RWALK;
    MUST(ninep_pack(bytes, sizeof bytes, &m) == 0 && errno == EINVAL);
    for (i = 0; i < 2; ++i) {
        size_t size = i ? 2 : 13, at = i ? 15 : 7, n = at + 2 + (NINEP_WALK + 1) * size;

        memset(bytes, 0, n);
        put(bytes, n, 4);
        bytes[4] = i ? NINEP_TWALK : NINEP_RWALK;
        put(bytes + at, NINEP_WALK + 1, 2);
        is_none(bytes, n);
        put(bytes, n - size, 4);
        put(bytes + at, NINEP_WALK, 2);
        MUST(ninep_parse(&m, bytes, n - size) == 0 && m.names == NINEP_WALK);
    }
    /* 65535 bytes with their size; one more has room in an entry, and two. */
    m = (struct ninep){.type = NINEP_RSTAT,
                       .stat = {.name = part, .uid = part, .gid = part}};
    m.stat.muid = (struct ninep_text){.at = text, .length = 16373};
    MUST(ninep_pack(bytes, sizeof bytes, &m));
    for (i = 1; i <= 3; ++i) {
        m.stat.muid.length++;
        MUST(ninep_pack(bytes, sizeof bytes, &m) == 0 && errno == EMSGSIZE);
        errno = 0;
        MUST(!ninep_pack_stat(bytes, sizeof bytes, &m.stat) == (i == 3));
        MUST(errno == (i == 3 ? EMSGSIZE : 0));
    }
    memset(text, 'x', sizeof text - 1);
    MUST(ninep_text(text).length == 65535);
}

static int rules(void)
{
    types();
    names();
    without_data();
    too_much();
    return SAY_DONE;
}

static uint64_t state;

static uint64_t noise(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* A number with as many bits as it happens. */
static uint64_t number(void)
{
    return noise() >> noise() % 64;
}

static struct ninep_text text(size_t most)
{
    static char bytes[65535];
    struct ninep_text t = {.at = bytes, .length = (uint16_t)(number() % (most + 1))};

    if (!bytes[0])
        for (size_t i = 0; i < sizeof bytes; ++i)
            bytes[i] = (char)noise();
    t.at += noise() % (sizeof bytes - t.length + 1);
    return t;
}

static struct ninep_qid qid(void)
{
    return (struct ninep_qid){
        .type = (uint8_t)noise(), .version = (uint32_t)number(), .path = number()};
}

static struct ninep_stat stat(void)
{
    return (struct ninep_stat){.type = (uint16_t)noise(),
                               .dev = (uint32_t)number(),
                               .qid = qid(),
                               .mode = (uint32_t)number(),
                               .atime = (uint32_t)number(),
                               .mtime = (uint32_t)number(),
                               .length = number(),
                               .name = text(16371),
                               .uid = text(16371),
                               .gid = text(16371),
                               .muid = text(16371)};
}

static struct ninep message(void)
{
    struct ninep m = {.type = samples[noise() % SAMPLES].m.type,
                      .tag = (uint16_t)noise(),
                      .oldtag = (uint16_t)noise(),
                      .fid = (uint32_t)number(),
                      .newfid = (uint32_t)number(),
                      .afid = (uint32_t)number(),
                      .msize = (uint32_t)number(),
                      .iounit = (uint32_t)number(),
                      .perm = (uint32_t)number(),
                      .mode = (uint8_t)noise(),
                      .offset = number(),
                      .text = text(65535),
                      .uname = text(65535),
                      .aname = text(65535),
                      .names = (unsigned)(noise() % (NINEP_WALK + 1)),
                      .stat = stat()};
    struct ninep_text data = text(65535);

    m.data = (const unsigned char *)data.at;
    m.count = data.length;
    for (unsigned i = 0; i < NINEP_WALK; ++i) {
        m.name[i] = text(20000);
        m.qid[i] = qid();
    }
    return m;
}

/* Entries one behind the other, as in a directory that is read. */
static void directory(void)
{
    static unsigned char bytes[4 * 65536], again[65536];
    struct ninep_stat s;
    size_t n = 0, at = 0, entry, first = 0;
    unsigned char *copy;
    long k;
    unsigned entries = (unsigned)(noise() % 4);

    for (; entries; --entries) {
        s = stat();
        entry = ninep_pack_stat(bytes + n, sizeof bytes - n, &s);
        MUST(entry);
        MUST(ninep_pack_stat(bytes + n, entry, &s) == entry);
        MUST(ninep_pack_stat(again, entry - 1, &s) == 0 && errno == EMSGSIZE);
        first = first ? first : entry;
        n += entry;
    }
    copy = exactly(bytes, n);
    while ((k = ninep_parse_stat(&s, copy + at, n - at)) > 0) {
        MUST(ninep_pack_stat(again, sizeof again, &s) == (size_t)k);
        MUST(!memcmp(again, copy + at, (size_t)k));
        at += (size_t)k;
    }
    MUST(k == 0 && at == n);
    free(copy);
    if (n == 0)
        return;
    at = 1 + noise() % (first - 1);
    copy = exactly(bytes, at);
    MUST(ninep_parse_stat(&s, copy, at) == -1 && errno == EPROTO);
    free(copy);
}

static int random_ones(unsigned long count, unsigned long seed)
{
    if (seed == 0)
        seed = ((unsigned long)time(0) << 16 ^ (unsigned long)getpid()) & 0x7fffffff;
    printf("seed %lu\n", seed);
    fflush(stdout);
    for (state = seed * 0x9e3779b97f4a7c15u + 1; count; --count) {
        struct ninep m = message();
        unsigned char *bytes;
        size_t n;

        bytes = there_and_back(&m, &n);
        is_none(bytes, noise() % n);
        free(bytes);
        directory();
    }
    return SAY_DONE;
}

int main(int argc, char **argv)
{
    say_name("ninep", "ninep golden|lengths|rules|random COUNT SEED");
    if (argc == 2 && strcmp(argv[1], "golden") == 0)
        return golden();
    if (argc == 2 && strcmp(argv[1], "lengths") == 0)
        return lengths();
    if (argc == 2 && strcmp(argv[1], "rules") == 0)
        return rules();
    if (argc != 4)
        say_usage();
    return random_ones(strtoul(argv[2], 0, 10), strtoul(argv[3], 0, 10));
}

#include "glance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash(const char *name, size_t n)
{
    uint32_t h = 0x811c9dc5u;
    while (n--)
        h = (h ^ (unsigned char)*name++) * 0x01000193u;
    return h ^ h >> 15;
}

static void put(struct glance *g, const struct ninep_text *name, size_t at)
{
    size_t i = hash(name->at, name->length) & (g->places - 1);
    while (g->table[i])
        i = (i + 1) & (g->places - 1);
    g->table[i] = (uint32_t)at + 1;
}

/* Put in all entries from at on. */
static int put_all(struct glance *g, size_t at)
{
    struct ninep_stat s;
    long n;
    for (; at < g->length; at += (size_t)n) {
        n = ninep_parse_stat(&s, g->bytes + at, g->length - at);
        if (n <= 0) {
            errno = EPROTO;
            return -1;
        }
        put(g, &s.name, at);
    }
    return 0;
}

/* Places for twice so many entries as so many bytes may have at most. */
static int grow(struct glance *g)
{
    size_t places = g->places ? g->places : 1024;
    while (places < g->length / 49 * 2 + 2)
        places *= 2;
    if (places == g->places)
        return 0;
    free(g->table);
    g->table = calloc(places, sizeof *g->table);
    g->places = g->table ? places : 0;
    return g->table ? 1 : -1;
}

int glance_add(struct glance *g, const void *bytes, size_t n)
{
    size_t at = g->length;
    int grown;
    if (n > GLANCE_MOST - at) {
        errno = EFBIG;
        return -1;
    }
    if (at + n > g->size) {
        size_t size = 2 * (at + n);
        unsigned char *more = realloc(g->bytes, size);
        if (!more)
            return -1;
        g->bytes = more;
        g->size = size;
    }
    memcpy(g->bytes + at, bytes, n);
    g->length += n;
    grown = grow(g);
    if (grown < 0)
        return -1;
    return put_all(g, grown ? 0 : at);
}

int glance_find(const struct glance *g, const char *name, struct ninep_stat *s)
{
    size_t i;
    if (!g->places)
        return 0;
    for (i = hash(name, strlen(name)) & (g->places - 1); g->table[i];
         i = (i + 1) & (g->places - 1)) {
        size_t at = g->table[i] - 1;
        if (ninep_parse_stat(s, g->bytes + at, g->length - at) > 0 &&
            ninep_is(&s->name, name))
            return 1;
    }
    return 0;
}

/* Never 0, which is an empty place. */
static uint64_t long_hash(const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    while (*name)
        h = (h ^ (unsigned char)*name++) * 0x100000001b3u;
    return h ? h : 1;
}

/* Where it is, or would be. */
static uint64_t *hidden_at(const struct glance *g, uint64_t h)
{
    size_t i = (h ^ h >> 32) % (2 * GLANCE_HIDES);
    while (g->hidden[i] && g->hidden[i] != h)
        i = (i + 1) % (2 * GLANCE_HIDES);
    return &g->hidden[i];
}

int glance_hide(struct glance *g, const char *name)
{
    uint64_t h = long_hash(name), *at;
    if (!g->hidden && !(g->hidden = calloc(2 * GLANCE_HIDES, sizeof *g->hidden)))
        return -1;
    at = hidden_at(g, h);
    if (*at)
        return 0;
    if (g->hides == GLANCE_HIDES) {
        errno = ENOSPC;
        return -1;
    }
    *at = h;
    g->hides++;
    return 0;
}

int glance_hides(const struct glance *g, const char *name)
{
    return g->hidden && *hidden_at(g, long_hash(name));
}

void glance_close(struct glance *g)
{
    free(g->bytes);
    free(g->table);
    free(g->hidden);
    memset(g, 0, sizeof *g);
}

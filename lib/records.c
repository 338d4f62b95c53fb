#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fmt.h>
#include <stralloc.h>

struct writer {
    const struct parse *p;
    const struct accounts *a;
    FILE *out;
    stralloc value;   /* of the record being made */
    unsigned *family; /* of each pool: any pool of the same one; the root is itself */
    unsigned *name;   /* of a root: the pool the family is named by */
    unsigned *place;  /* of each board: where its pools begin in pools */
    unsigned *pools;
};

static int add(struct writer *w, const char *word, const char *value)
{
    size_t n = strlen(word), m = strlen(value);
    char *at;

    if (!stralloc_readyplus(&w->value, n + m + 2)) {
        errno = ENOMEM;
        return -1;
    }
    at = w->value.s + w->value.len;
    memcpy(at, word, n);
    at[n] = ' ';
    memcpy(at + n + 1, value, m);
    at[n + 1 + m] = '\n';
    w->value.len += n + m + 2;
    return 0;
}

/* End the record: key is KIND:NAME, or KIND when name is "". */
static int put(struct writer *w, const char *kind, const char *name)
{
    size_t n = strlen(kind) + (*name != 0) + strlen(name);
    char sizes[2 * FMT_ULONG + 3], *at = sizes;

    *at++ = '+';
    at += fmt_ulong(at, n);
    *at++ = ',';
    at += fmt_ulong(at, w->value.len);
    *at++ = ':';
    fwrite_unlocked(sizes, 1, (size_t)(at - sizes), w->out);
    fputs_unlocked(kind, w->out);
    if (*name)
        putc_unlocked(':', w->out);
    fputs_unlocked(name, w->out);
    fputs_unlocked("->", w->out);
    fwrite_unlocked(w->value.s, 1, w->value.len, w->out);
    putc_unlocked('\n', w->out);
    w->value.len = 0;
    return ferror(w->out) ? -1 : 0;
}

static int put_settings(struct writer *w)
{
    char number[FMT_ULONG + 1];
    unsigned i;

    for (i = 0; i < CONF_SETTINGS; i++) {
        number[fmt_ulong(number, w->p->setting[i])] = 0;
        if (add(w, conf_settings[i].name, number) < 0)
            return -1;
    }
    for (i = 0; i < w->p->trust.count; i++)
        if (add(w, "trust", w->p->trust.text[i]) < 0)
            return -1;
    return put(w, "settings", "");
}

static unsigned root(unsigned *family, unsigned i)
{
    while (family[i] != i)
        i = family[i] = family[family[i]];
    return i;
}

/* Pools that have a board in common are of one family. */
static void find_families(struct writer *w)
{
    const struct parse *p = w->p;
    unsigned i, r, boards = p->names[PARSE_ADDRESS].count;
    unsigned n;

    for (i = 0; i < p->pools.count; i++)
        w->family[i] = w->name[i] = i;
    for (i = 0; i < boards; i++)
        for (n = w->place[i] + 1; n < w->place[i + 1]; n++)
            w->family[root(w->family, w->pools[n])] =
                root(w->family, w->pools[w->place[i]]);
    for (i = 0; i < p->pools.count; i++) {
        r = root(w->family, i);
        if (strcmp(p->pools.text[i], p->pools.text[w->name[r]]) < 0)
            w->name[r] = i;
    }
}

/* Sort the pools by their boards, by counting. */
static void find_boards(struct writer *w)
{
    const struct parse *p = w->p;
    unsigned i, boards = p->names[PARSE_ADDRESS].count;
    size_t e;

    for (i = 0; i < p->pools.count; i++)
        for (e = p->pool[i].first; e < p->pool[i].end; e++)
            if (p->entry[e].key == PARSE_ADDRESS)
                w->place[p->entry[e].name]++;
    for (i = 1; i <= boards; i++)
        w->place[i] += w->place[i - 1];
    for (i = p->pools.count; i-- > 0;)
        for (e = p->pool[i].first; e < p->pool[i].end; e++)
            if (p->entry[e].key == PARSE_ADDRESS)
                w->pools[--w->place[p->entry[e].name]] = i;
}

static int put_pools(struct writer *w)
{
    static const struct {
        unsigned key;
        const char *word;
    } order[] = {{PARSE_GROUP, "group"}, {PARSE_USER, "user"}, {PARSE_ADDRESS, "board"}};
    const struct parse *p = w->p;
    unsigned i, k;
    size_t e;

    for (i = 0; i < p->pools.count; i++)
        if (add(w, "pool", p->pools.text[i]) < 0)
            return -1;
    if (put(w, "pools", "") < 0)
        return -1;
    for (i = 0; i < p->pools.count; i++) {
        if (add(w, "family", p->pools.text[w->name[root(w->family, i)]]) < 0)
            return -1;
        for (k = 0; k < 3; k++)
            for (e = p->pool[i].first; e < p->pool[i].end; e++)
                if (p->entry[e].key == order[k].key &&
                    add(w, order[k].word, p->names[order[k].key].text[p->entry[e].name]) <
                        0)
                    return -1;
        if (put(w, "pool", p->pools.text[i]) < 0)
            return -1;
    }
    return 0;
}

static int put_boards(struct writer *w)
{
    const struct names *boards = &w->p->names[PARSE_ADDRESS];
    unsigned i, n;

    for (i = 0; i < boards->count; i++) {
        for (n = w->place[i]; n < w->place[i + 1]; n++)
            if (add(w, "pool", w->p->pools.text[w->pools[n]]) < 0)
                return -1;
        if (put(w, "board", boards->text[i]) < 0)
            return -1;
    }
    return 0;
}

/* A user whose name is none of ours is known by his number. */
static int put_uids(struct writer *w)
{
    const struct account *a = w->a->list, *end = a + w->a->count;
    const char *name;
    char number[FMT_ULONG + 1];

    for (; a < end; a++) {
        if (a->kind == ACCOUNTS_GROUP)
            name = w->p->names[PARSE_GROUP].text[a->name];
        else
            name = w->a->users.text[a->name];
        if ((a->kind == ACCOUNTS_GROUP || conf_is_name(name)) &&
            add(w, a->kind == ACCOUNTS_USER ? "user" : "group", name) < 0)
            return -1;
        if (a + 1 < end && a[1].uid == a->uid)
            continue;
        number[fmt_ulong(number, a->uid)] = 0;
        if (put(w, "uid", number) < 0)
            return -1;
    }
    return 0;
}

int records_write(const struct parse *p, const struct accounts *a, FILE *out)
{
    struct writer w = {.p = p, .a = a, .out = out};
    int result = -1;

    w.family = calloc((size_t)p->pools.count + 1, sizeof *w.family);
    w.name = calloc((size_t)p->pools.count + 1, sizeof *w.name);
    w.place = calloc((size_t)p->names[PARSE_ADDRESS].count + 1, sizeof *w.place);
    w.pools = calloc(p->entries + 1, sizeof *w.pools);
    if (w.family && w.name && w.place && w.pools) {
        find_boards(&w);
        find_families(&w);
        if (put_settings(&w) == 0 && put_pools(&w) == 0 && put_boards(&w) == 0 &&
            put_uids(&w) == 0 && putc_unlocked('\n', out) != EOF && fflush(out) == 0)
            result = 0;
    }
    free(w.family);
    free(w.name);
    free(w.place);
    free(w.pools);
    stralloc_free(&w.value);
    return result;
}

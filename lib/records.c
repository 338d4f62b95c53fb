#include "records.h"

#include <stdlib.h>
#include <string.h>

#include <fmt.h>

#include "record.h"

struct writer {
    const struct parse *p;
    const struct accounts *a;
    struct record record;
    unsigned *family; /* of each pool: any pool of the same one; the root is itself */
    unsigned *name;   /* of a root: the pool the family is named by */
    unsigned *place;  /* of each board: where its pools begin in pools */
    unsigned *pools;
};

/* The lines of a section: what it says, and the defaults of the numbers it does not name.
 */
static int add_section(struct writer *w, unsigned kind, unsigned i)
{
    const struct parse *p = w->p;
    const struct parse_section *s = &p->section[kind][i];
    const struct parse_key *k;
    const char *word;
    char number[FMT_ULONG + 1];
    unsigned key, found;
    size_t e;

    for (key = 0; key < PARSE_KEYS; key++) {
        k = &parse_keys[key];
        if (!(k->kinds & 1u << kind))
            continue;
        word = k->word ? k->word : parse_name(key);
        found = 0;
        for (e = s->first; e < s->end; e++)
            if (p->entry[e].key == key) {
                found = 1;
                if (record_add(&w->record, word, p->values[key].text[p->entry[e].value]) <
                    0)
                    return -1;
            }
        if (found || !k->number)
            continue;
        number[fmt_ulong(number, k->number->normal)] = 0;
        if (record_add(&w->record, word, number) < 0)
            return -1;
    }
    return 0;
}

/* The records of all sections of a kind. */
static int put_sections(struct writer *w, unsigned kind, const char *record)
{
    const struct names *names = &w->p->names[kind];
    unsigned i;

    for (i = 0; i < names->count; i++)
        if (add_section(w, kind, i) < 0 ||
            record_put(&w->record, record, names->text[i]) < 0)
            return -1;
    return 0;
}

/* A record of the names of a kind. */
static int put_names(struct writer *w, unsigned kind, const char *word,
                     const char *record)
{
    const struct names *names = &w->p->names[kind];
    unsigned i;

    for (i = 0; i < names->count; i++)
        if (record_add(&w->record, word, names->text[i]) < 0)
            return -1;
    return record_put(&w->record, record, "");
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
    unsigned i, r, boards = p->values[PARSE_ADDRESS].count;
    unsigned n;

    for (i = 0; i < p->names[PARSE_POOL].count; i++)
        w->family[i] = w->name[i] = i;
    for (i = 0; i < boards; i++)
        for (n = w->place[i] + 1; n < w->place[i + 1]; n++)
            w->family[root(w->family, w->pools[n])] =
                root(w->family, w->pools[w->place[i]]);
    for (i = 0; i < p->names[PARSE_POOL].count; i++) {
        r = root(w->family, i);
        if (strcmp(p->names[PARSE_POOL].text[i], p->names[PARSE_POOL].text[w->name[r]]) <
            0)
            w->name[r] = i;
    }
}

/* Sort the pools by their boards, by counting. */
static void find_boards(struct writer *w)
{
    const struct parse *p = w->p;
    unsigned i, boards = p->values[PARSE_ADDRESS].count;
    size_t e;

    for (i = 0; i < p->names[PARSE_POOL].count; i++)
        for (e = p->section[PARSE_POOL][i].first; e < p->section[PARSE_POOL][i].end; e++)
            if (p->entry[e].key == PARSE_ADDRESS)
                w->place[p->entry[e].value]++;
    for (i = 1; i <= boards; i++)
        w->place[i] += w->place[i - 1];
    for (i = p->names[PARSE_POOL].count; i-- > 0;)
        for (e = p->section[PARSE_POOL][i].first; e < p->section[PARSE_POOL][i].end; e++)
            if (p->entry[e].key == PARSE_ADDRESS)
                w->pools[--w->place[p->entry[e].value]] = i;
}

static int put_pools(struct writer *w)
{
    const struct names *pools = &w->p->names[PARSE_POOL];
    unsigned i;

    for (i = 0; i < pools->count; i++)
        if (record_add(&w->record, "family", pools->text[w->name[root(w->family, i)]]) <
                0 ||
            add_section(w, PARSE_POOL, i) < 0 ||
            record_put(&w->record, "pool", pools->text[i]) < 0)
            return -1;
    return 0;
}

/* Only a config that has launchers names them. */
static int put_launchers(struct writer *w)
{
    if (!w->p->names[PARSE_LAUNCH].count)
        return 0;
    if (put_names(w, PARSE_LAUNCH, "launch", "launches") < 0)
        return -1;
    return put_sections(w, PARSE_LAUNCH, "launch");
}

static int put_boards(struct writer *w)
{
    const struct names *boards = &w->p->values[PARSE_ADDRESS];
    unsigned i, n;

    for (i = 0; i < boards->count; i++) {
        for (n = w->place[i]; n < w->place[i + 1]; n++)
            if (record_add(&w->record, "pool",
                           w->p->names[PARSE_POOL].text[w->pools[n]]) < 0)
                return -1;
        if (record_put(&w->record, "board", boards->text[i]) < 0)
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
            name = w->p->values[PARSE_GROUP].text[a->name];
        else
            name = w->a->users.text[a->name];
        if ((a->kind == ACCOUNTS_GROUP || conf_is_name(name)) &&
            record_add(&w->record, a->kind == ACCOUNTS_USER ? "user" : "group", name) < 0)
            return -1;
        if (a + 1 < end && a[1].uid == a->uid)
            continue;
        number[fmt_ulong(number, a->uid)] = 0;
        if (record_put(&w->record, "uid", number) < 0)
            return -1;
    }
    return 0;
}

int records_write(const struct parse *p, const struct accounts *a, FILE *out)
{
    struct writer w = {.p = p, .a = a, .record.out = out};
    int result = -1;

    w.family = calloc((size_t)p->names[PARSE_POOL].count + 1, sizeof *w.family);
    w.name = calloc((size_t)p->names[PARSE_POOL].count + 1, sizeof *w.name);
    w.place = calloc((size_t)p->values[PARSE_ADDRESS].count + 1, sizeof *w.place);
    w.pools = calloc(p->entries + 1, sizeof *w.pools);
    if (w.family && w.name && w.place && w.pools) {
        find_boards(&w);
        find_families(&w);
        if (put_sections(&w, PARSE_SETTINGS, "settings") == 0 &&
            put_names(&w, PARSE_POOL, "pool", "pools") == 0 && put_pools(&w) == 0 &&
            put_boards(&w) == 0 && put_sections(&w, PARSE_BOARD, "end") == 0 &&
            put_launchers(&w) == 0 && records_nodes(&w.record, p) == 0 &&
            put_uids(&w) == 0 && putc_unlocked('\n', out) != EOF && fflush(out) == 0)
            result = 0;
    }
    free(w.family);
    free(w.name);
    free(w.place);
    free(w.pools);
    stralloc_free(&w.record.value);
    return result;
}

/* Open addressing with djb's hash: hsearch(3) looks at the first eight characters only,
   and the addresses of a lab begin alike. */
#include "names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cdb.h>

enum { SLOTS = 64, BLOCK = 16384 };

struct names_block {
    struct names_block *next;
    size_t size;
    char bytes[];
};

void *names_grow(void *array, size_t have, size_t size)
{
    if (have & (have - 1))
        return array;
    if (have > SIZE_MAX / 2 / size) {
        errno = ENOMEM;
        return 0;
    }
    return realloc(array, (have ? 2 * have : 1) * size);
}

/* Names that count up (board1, board2) would lie side by side: spread them. */
static unsigned hash_of(const char *text)
{
    uint32_t h = cdb_hash((const unsigned char *)text, strlen(text)) * 0x9e3779b1u;

    return h ^ h >> 15;
}

/* The slot that holds text, or the free one where it belongs. */
static struct names_slot *slot_of(const struct names *n, const char *text, unsigned hash)
{
    unsigned i = hash & (n->slots - 1);

    while (n->slot[i].number &&
           (n->slot[i].hash != hash || strcmp(n->text[n->slot[i].number - 1], text) != 0))
        i = (i + 1) & (n->slots - 1);
    return &n->slot[i];
}

/* At most half of the slots are taken. */
static int more_slots(struct names *n)
{
    struct names bigger = *n;
    unsigned i, to;

    if (n->count >= UINT_MAX / 8) {
        errno = ENOMEM;
        return -1;
    }
    bigger.slots = n->slots ? 2 * n->slots : SLOTS;
    bigger.slot = calloc(bigger.slots, sizeof *bigger.slot);
    if (!bigger.slot)
        return -1;
    for (i = 0; i < n->slots; i++)
        if (n->slot[i].number) {
            to = n->slot[i].hash & (bigger.slots - 1);
            while (bigger.slot[to].number)
                to = (to + 1) & (bigger.slots - 1);
            bigger.slot[to] = n->slot[i];
        }
    free(n->slot);
    *n = bigger;
    return 0;
}

static char *keep(struct names *n, const char *text)
{
    size_t size = strlen(text) + 1;
    struct names_block *block;
    char *at;

    if (size > n->left) {
        block = malloc(sizeof *block + (size > BLOCK ? size : BLOCK));
        if (!block)
            return 0;
        block->size = size > BLOCK ? size : BLOCK;
        block->next = n->block;
        n->block = block;
        n->left = block->size;
    }
    at = n->block->bytes + n->block->size - n->left;
    n->left -= size;
    return memcpy(at, text, size);
}

unsigned names_add(struct names *n, const char *text)
{
    unsigned hash = hash_of(text);
    struct names_slot *slot;
    char **grown;

    if (2 * n->count >= n->slots && more_slots(n) < 0)
        return NAMES_NONE;
    slot = slot_of(n, text, hash);
    if (slot->number)
        return slot->number - 1;
    grown = names_grow(n->text, n->count, sizeof *n->text);
    if (!grown)
        return NAMES_NONE;
    n->text = grown;
    n->text[n->count] = keep(n, text);
    if (!n->text[n->count])
        return NAMES_NONE;
    slot->hash = hash;
    slot->number = ++n->count;
    return n->count - 1;
}

unsigned names_find(const struct names *n, const char *text)
{
    if (!n->slots)
        return NAMES_NONE;
    return slot_of(n, text, hash_of(text))->number - 1;
}

void names_free(struct names *n)
{
    struct names_block *block, *next;

    for (block = n->block; block; block = next) {
        next = block->next;
        free(block);
    }
    free(n->text);
    free(n->slot);
    memset(n, 0, sizeof *n);
}

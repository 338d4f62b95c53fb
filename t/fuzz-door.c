/* fuzz-door: the line of a node, as one who asks and as one who answers. */
#include "fuzz-main.h"

#include <string.h>

#include "door.h"

static void check(const struct door_said *s)
{
    MUST(s->number <= MAP_LAST);
    MUST(s->state == MEMBER_OFF || s->number);
    MUST(*s->hash && memchr(s->hash, 0, sizeof s->hash));
    MUST(member_state_of(member_state_word(s->state)) == (int)s->state);
    MUST(memchr(s->reason, 0, sizeof s->reason));
    for (const char *p = s->reason; *p; p++)
        MUST(*p >= ' ' && *p <= '~');
}

/* What it means is said again, and means the same. */
static int same(const struct door_said *a, const struct door_said *b)
{
    return a->number == b->number && a->state == b->state && a->since == b->since &&
           a->sessions == b->sessions && a->commands == b->commands &&
           a->load == b->load && strcmp(a->reason, b->reason) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char asked[DOOR_LINE], answered[DOOR_LINE], *verb, *why;
    struct door_said said, again;
    size_t length;
    int k;
    n = n < DOOR_LINE ? n : DOOR_LINE - 1;
    memcpy(asked, data, n);
    asked[n] = 0;
    memcpy(answered, asked, n + 1);
    if (door_asked(asked, &verb, &said) == 0) {
        MUST(verb >= asked && verb <= asked + n);
        check(&said);
        length = door_ask(answered, "state", &said);
        MUST(length && length <= DOOR_LINE && answered[length - 1] == '\n');
        answered[length - 1] = 0;
        MUST(door_asked(answered, &verb, &again) == 0);
        MUST(same(&said, &again) && strcmp(verb, "state") == 0);
        memcpy(answered, data, n);
        answered[n] = 0;
    }
    k = door_answered(answered, &said, &why);
    if (k == 0)
        MUST(why >= answered && why <= answered + n);
    if (k != 1)
        return 0;
    check(&said);
    length = door_answer(asked, &said);
    MUST(length && length <= DOOR_LINE && asked[length - 1] == '\n');
    asked[length - 1] = 0;
    MUST(door_answered(asked, &again, &why) == 1 && same(&said, &again));
    return 0;
}

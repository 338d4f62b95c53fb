#include "marks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "map.h"
#include "rolls.h"
#include "say.h"

int marks_at(struct conf *c, const char *address, unsigned node)
{
    struct conf_lines lines;
    char value[CONF_WORD];
    unsigned long n;

    return conf_find(c, "end", address, &lines) == 1 &&
           conf_line(&lines, "node", value) && say_number(value, 1, MAP_LAST, &n) == 0 &&
           n == node;
}

/* Looks read-only first: a closed writer wakes those who watch the board. */
static int set(const char *address, const char *whose, const char *reason)
{
    struct board_state s;
    struct roll r;
    size_t n = strlen(whose);
    int k;

    if (board_look(address, &s))
        return -1;
    k = s.offline && !s.until && strncmp(s.reason, whose, n) == 0;
    if (reason ? k && s.reason[n] && strcmp(s.reason + n + 1, reason) == 0 : !k)
        return 0;
    if (board_open(&r, address, ROLL_WRITE))
        return -1;
    k = board_set_mark(&r, whose, reason);
    roll_close(&r);
    return k < 0 ? -1 : 0;
}

int marks_set(struct conf *c, const struct member *m)
{
    int up = (m->is_member && m->state == MEMBER_UP) || !m->since, saved = 0;
    const char *reason = *m->reason ? m->reason : member_state_word(m->state), *address;
    DIR *boards = rolls_open("board");
    char whose[24];

    if (!boards)
        return -1;
    snprintf(whose, sizeof whose, "node %u:", m->node);
    while ((address = rolls_next(boards)))
        if ((up || marks_at(c, address, m->node)) && set(address, whose, up ? 0 : reason))
            saved = errno;
    if (errno)
        saved = errno;
    closedir(boards);
    errno = saved;
    return saved ? -1 : 0;
}

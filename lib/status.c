#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"
#include "rolls.h"

/* Room for one more of size bytes. Returns 0 or -1. */
static int grow(void **array, size_t have, size_t *room, size_t size)
{
    size_t more = *room ? 2 * *room : 64;
    void *p;

    if (have < *room)
        return 0;
    p = realloc(*array, more * size);
    if (!p)
        return -1;
    *array = p;
    *room = more;
    return 0;
}

void status_forget(struct status *s)
{
    s->boards = s->sessions = s->waiters = 0;
    s->asked = 0;
}

struct status_board *status_add(struct status *s, const char *address)
{
    struct status_board *b;
    void *array = s->board;

    if (grow(&array, s->boards, &s->board_room, sizeof *b))
        return 0;
    s->board = array;
    b = s->board + s->boards++;
    strcpy(b->address, address);
    b->state = BOARD_FREE;
    b->offline = 0;
    b->sessions = 0;
    b->until = 0;
    b->reason[0] = 0;
    return b;
}

static int add_person(struct status_person **people, size_t *count, size_t *room,
                      const struct roll_entry *e, const char *user)
{
    struct status_person *p;
    void *array = *people;

    if (grow(&array, *count, room, sizeof *p))
        return -1;
    *people = array;
    p = *people + (*count)++;
    strcpy(p->user, user);
    strcpy(p->host, e->host);
    p->pid = (long)e->pid;
    p->since = e->since;
    return 0;
}

/* Who holds it now: he may have left since the board was read, and another may have come.
 */
static int add_sessions(struct status *s, struct status_board *b, const struct roll *r)
{
    struct roll_entry e = {0};
    char user[CONF_NAME];
    uid_t uid, holder = 0;
    int k;

    b->first = s->sessions;
    while ((k = roll_next(r, &e)) > 0) {
        if (board_session(&e, user, &uid)) {
            strcpy(user, "?");
            uid = (uid_t)-1;
        }
        if (b->sessions == 0) {
            holder = uid;
            strcpy(b->user, user);
        } else if (uid != holder)
            continue;
        if (add_person(&s->session, &s->sessions, &s->session_room, &e, user))
            return -1;
        ++b->sessions;
    }
    return k;
}

static int read_board(struct status *s, struct status_board *b, const struct roll *r)
{
    struct board_state now;

    if (board_read(r, &now))
        return -1;
    if (now.state == BOARD_HELD && add_sessions(s, b, r))
        return -1;
    b->offline = now.offline;
    if (b->offline) {
        b->until = now.until;
        strcpy(b->reason, now.reason);
        if (b->until && (!s->until || b->until < s->until))
            s->until = b->until;
    }
    b->state = b->sessions ? BOARD_HELD : b->offline ? BOARD_OFFLINE : BOARD_FREE;
    return 0;
}

static int look_at_board(struct status *s, const char *address)
{
    struct status_board *b = status_add(s, address);
    struct roll r;
    int k, saved;

    if (!b)
        return -1;
    if (board_open(&r, address, ROLL_READ))
        return errno == ENOENT ? 0 : -1;
    k = read_board(s, b, &r);
    saved = errno;
    roll_close(&r);
    errno = saved;
    return k;
}

/* The living in the line, all of them: as many entries as it takes. */
static long call_line(const struct queue *q, struct roll_entry **e)
{
    size_t max = 512;
    long n;

    *e = 0;
    do {
        free(*e);
        max *= 2;
        *e = malloc(max * sizeof **e);
        n = *e ? queue_call(q, *e, max) : -1;
    } while (n == (long)max);
    return n;
}

static int add_waiters(struct status *s, const struct queue *q)
{
    struct roll_entry *e;
    unsigned long long ticket;
    char user[CONF_NAME];
    uid_t uid;
    long n = call_line(q, &e), i;
    int k = n < 0 ? -1 : 0;

    for (i = 0; k == 0 && i < n; ++i) {
        if (queue_waiter(e + i, user, &uid, &ticket))
            continue;
        k = add_person(&s->waiter, &s->waiters, &s->waiter_room, e + i, user);
    }
    free(e);
    return k;
}

static int look_at_line(struct status *s, const char *pool)
{
    struct queue q;
    int k, saved;

    if (queue_open(&q, "line", pool, ROLL_READ))
        return errno == ENOENT ? 0 : -1;
    k = queue_anybody(&q);
    if (k > 0)
        k = add_waiters(s, &q);
    saved = errno;
    queue_close(&q);
    errno = saved;
    return k;
}

int status_may_look(void)
{
    DIR *boards = rolls_open("board");

    if (!boards)
        return errno == EACCES ? 0 : -1;
    closedir(boards);
    return 1;
}

int status_look(struct status *s, const char *pool, struct conf_lines lines)
{
    char address[CONF_WORD];

    status_forget(s);
    while (conf_line(&lines, "board", address))
        if (look_at_board(s, address))
            return -1;
    return look_at_line(s, pool);
}

int status_removed(struct status *s, struct conf *c)
{
    DIR *boards = rolls_open("board");
    struct conf_lines lines;
    const char *address;
    int k = 0, saved;

    status_forget(s);
    if (!boards)
        return -1;
    while (k == 0 && (address = rolls_next(boards))) {
        k = conf_find(c, "board", address, &lines);
        if (k > 0 || strlen(address) >= CONF_WORD) {
            k = 0;
            continue;
        }
        if (k == 0)
            k = look_at_board(s, address);
        if (k == 0 && s->board[s->boards - 1].state != BOARD_HELD)
            --s->boards;
    }
    if (k == 0 && errno)
        k = -1;
    saved = errno;
    closedir(boards);
    errno = saved;
    return k;
}

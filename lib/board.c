#include "board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

int board_open(struct roll *r, const char *address, int mode)
{
    return roll_open(r, "board", address, mode);
}

int board_session(const struct roll_entry *e, char *user, uid_t *uid)
{
    unsigned long n;

    if (sscanf(e->text, "%63s %lu", user, &n) == 2) {
        *uid = (uid_t)n;
        return 0;
    }
    errno = EPROTO;
    return -1;
}

static int read_offline(const struct roll *r, struct board_state *s)
{
    char text[ROLL_TEXT];
    int n = 0;

    if (roll_header(r, text))
        return -1;
    s->offline = sscanf(text, "offline %lld %n", &s->until, &n) == 1 && n &&
                 (s->until == 0 || s->until > time(0));
    if (s->offline)
        strcpy(s->reason, text + n);
    else
        s->until = 0;
    return 0;
}

int board_read(const struct roll *r, struct board_state *s)
{
    struct roll_entry e = {0};
    char user[CONF_NAME];
    int k;

    memset(s, 0, sizeof *s);
    if (read_offline(r, s))
        return -1;
    strcpy(s->user, "?");
    s->uid = (uid_t)-1;
    while ((k = roll_next(r, &e)) > 0) {
        ++s->sessions;
        if (board_session(&e, user, &s->uid) == 0)
            strcpy(s->user, user);
    }
    if (k < 0)
        return -1;
    s->state = s->sessions ? BOARD_HELD : s->offline ? BOARD_OFFLINE : BOARD_FREE;
    return 0;
}

int board_look(const char *address, struct board_state *s)
{
    struct roll r;
    int k;

    if (board_open(&r, address, ROLL_READ))
        return -1;
    k = board_read(&r, s);
    roll_close(&r);
    return k;
}

/* With the gate held: may he have it? */
static int fits(const struct board_state *s, uid_t uid, int fresh)
{
    if (s->state == BOARD_HELD)
        return !fresh && s->uid == uid;
    return s->state == BOARD_FREE;
}

int board_take(struct roll *r, const char *address, uid_t uid, const char *user,
               int fresh)
{
    char text[CONF_NAME + 24];
    struct board_state s;
    int k, saved;

    if (board_open(r, address, ROLL_WRITE))
        return -1;
    snprintf(text, sizeof text, "%s %lu", user, (unsigned long)uid);
    k = roll_gate(r);
    if (k == 0)
        k = board_read(r, &s);
    if (k == 0 && fits(&s, uid, fresh))
        k = roll_join(r, 1, ROLL_LAST, text) ? -1 : 1;
    saved = errno;
    if (k > 0)
        roll_ungate(r);
    else
        roll_close(r);
    errno = saved;
    return k;
}

int board_set_offline(struct roll *r, long long until, const char *reason,
                      int unless_later)
{
    char text[ROLL_TEXT];
    struct board_state s;
    int k;

    if (roll_gate(r))
        return -1;
    k = read_offline(r, &s);
    if (k == 0 && !(unless_later && s.offline && (s.until == 0 || s.until >= until))) {
        snprintf(text, sizeof text, "offline %lld %s", until, reason);
        k = roll_set_header(r, text);
    }
    roll_ungate(r);
    return k;
}

int board_set_online(struct roll *r)
{
    struct board_state s;
    int k;

    if (roll_gate(r))
        return -1;
    k = read_offline(r, &s);
    if (k == 0 && s.offline)
        k = roll_set_header(r, "") ? -1 : 1;
    roll_ungate(r);
    return k;
}

int board_set_mark(struct roll *r, const char *whose, const char *reason)
{
    char text[2 * ROLL_TEXT + 16] = "";
    struct board_state s;
    int k, his;

    if (roll_gate(r))
        return -1;
    k = read_offline(r, &s);
    his = k == 0 && s.offline && strncmp(s.reason, whose, strlen(whose)) == 0;
    if (reason)
        snprintf(text, sizeof text, "offline 0 %s %s", whose, reason);
    if (k == 0 && (reason ? his || !s.offline || s.until : his))
        k = roll_set_header(r, text) ? -1 : 1;
    roll_ungate(r);
    return k;
}

/* What one walk over a pool's boards found. */
struct found {
    char mine[CONF_WORD];   /* a board the user holds; "" if none */
    char oldest[CONF_WORD]; /* the free one unused for longest; "" if none */
    struct timespec joined; /* when that one was last joined */
};

static int before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Looks read-only: a closed writer would wake those who watch the board. */
static int consider(struct found *f, const char *address, uid_t uid)
{
    struct board_state s;
    struct stat st;
    struct roll r;
    int k;

    if (board_open(&r, address, ROLL_READ))
        return -1;
    k = board_read(&r, &s) || fstat(r.fd, &st) ? -1 : 0;
    roll_close(&r);
    if (k)
        return -1;
    if (s.state == BOARD_HELD && s.uid == uid)
        strcpy(f->mine, address);
    /* Nothing behind the header: never joined, so the mtime tells when the roll was made.
     */
    if (st.st_size <= ROLL_RECORD)
        st.st_mtim = (struct timespec){0, 0};
    if (s.state == BOARD_FREE && (!*f->oldest || before(&st.st_mtim, &f->joined))) {
        strcpy(f->oldest, address);
        f->joined = st.st_mtim;
    }
    return 0;
}

/* Another pool's helper may be faster at a board both pools have: then walk again. */
int board_choose(struct roll *r, struct conf_lines pool, uid_t uid, const char *user,
                 int fresh, int may_take_free, char *address)
{
    char board[CONF_WORD];
    struct conf_lines left;
    struct found f;
    int k;

    for (;;) {
        memset(&f, 0, sizeof f);
        for (left = pool; conf_line(&left, "board", board) && (fresh || !*f.mine);)
            if (consider(&f, board, uid))
                return -1;
        if (fresh || !*f.mine) {
            if (!may_take_free || !*f.oldest)
                return 0;
            strcpy(f.mine, f.oldest);
        }
        k = board_take(r, f.mine, uid, user, fresh);
        if (k < 0)
            return -1;
        if (k > 0) {
            strcpy(address, f.mine);
            return 1;
        }
    }
}

/* status: what there is to see of a pool now: its boards, who holds them, who waits. Read
   from the rolls, or, for who may not open them, asked of a helper. */
#ifndef STATUS_H
#define STATUS_H

#include "board.h"
#include "helper.h"

/* Somebody who holds a board, or waits for one. */
struct status_person {
    char user[CONF_NAME];
    long pid;
    char host[ROLL_HOST];
    long long since; /* Unix seconds */
};

struct status_board {
    char address[CONF_WORD];
    int state;            /* BOARD_FREE, BOARD_HELD or BOARD_OFFLINE */
    char user[CONF_NAME]; /* of held */
    unsigned sessions;    /* of held: how many */
    size_t first;         /* of held: the first of them in s->session */
    int offline;          /* marked offline, held or not */
    long long until;      /* Unix seconds, 0 without end */
    char reason[ROLL_TEXT];
};

/* All zero is an empty one; each function below that fills it forgets what was there. */
struct status {
    struct status_board *board; /* in the order of the config */
    struct status_person *session;
    struct status_person *waiter; /* in the order of the line */
    size_t boards, sessions, waiters;
    size_t board_room, session_room, waiter_room;
    int asked; /* by status_ask: only state, user and number of sessions are known */
    long long until; /* the first end of an offline mark ever seen; 0: none */
};

/* May this process open the rolls? 1, 0, or -1 and errno. */
int status_may_look(void);

/* Read a pool's rolls; its record is lines. A roll that is missing is one nobody is on.
   Returns 0, or -1 and errno. */
int status_look(struct status *s, const char *pool, struct conf_lines lines);

/* The boards that are held and no longer in the config. Returns 0, or -1 and errno. */
int status_removed(struct status *s, struct conf *c);

/* Ask a helper that one is logged in to. Returns 0; -1 and errno; or 1 when the helper
   said error: then *line is its text behind `error `. */
int status_ask(struct status *s, struct helper *h, const char *pool,
               struct conf_lines lines, char **line);

/* For those above: begin again, and add a board that is free. Returns it, or 0 and errno.
 */
void status_forget(struct status *s);
struct status_board *status_add(struct status *s, const char *address);

#endif

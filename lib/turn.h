/* turn: how a user comes to a board of a pool: at once, or by standing in its line. Ties
   queue, board and watch together; decides by the rules that vlab(7) gives. */
#ifndef TURN_H
#define TURN_H

#include <signal.h>
#include <sys/types.h>

#include "board.h"
#include "conf.h"
#include "queue.h"
#include "watch.h"

struct turn {
    struct conf
        conf; /* opened when it is needed, for the caller to close in his own time */
    struct queue queue; /* of the pool */
    struct roll board;  /* joined, when we got one */
    struct watch watch; /* open after turn_wait, for the caller to close in his own time
                         */
    char address[CONF_WORD];
    const char *pool;
    const char *user;
    uid_t uid;
    int fresh;                    /* only a board nobody holds, not even he */
    const struct roll *others;    /* where the user's other connections are */
    const sigset_t *mask;         /* the signal mask while waiting */
    volatile sig_atomic_t *late;  /* set by a signal handler: the time to wait is over */
    void (*moved)(struct turn *); /* called when the place in the line has changed */
};

/* A turn with nothing open, for the user of this name whose connections are on that roll.
 */
#define TURN_FOR(name, connections)                                                      \
    {                                                                                    \
        .conf.fd = -1, .queue.roll.fd = -1, .board.fd = -1, .watch.fd = -1,              \
        .user = name, .others = connections                                              \
    }

/* Ask once. join: when there is none, stand in the line. The pool's line and the config
   are opened by us, the line stays open after joining it. Returns 1: t->board is his, at
   t->address; 0: none (joined the line if asked to); -1: errno ENOENT no such pool,
   EACCES not for this user, EPROTO the database or a roll is damaged, or as from the
   system. */
int turn_ask(struct turn *t, int join);

/* After turn_ask returned 0 with join: wait for the turn and for a board, at most until
   *t->late or until descriptor peer hangs up. Returns as turn_ask (0: late), and -1
   EPIPE. Out of the line in any case; but after 1 the next one does not come up before
   t->queue is closed, so that he does not get in the way when the user is told. */
int turn_wait(struct turn *t, int peer);

/* For a handler of one of the signals that mask lets through: have turn_wait look again.
   Does not return when it waits for its turn. */
void turn_wake(struct turn *t);

/* Look at any board, as board_look does; the one we hold is ours, with our own session
 * counted. */
int turn_look(const struct turn *t, const char *address, struct board_state *s);

#endif

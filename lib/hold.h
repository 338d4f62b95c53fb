/* hold: a board of a pool, asked for and held through a helper. The board is held for as
   long as the connection is open. */
#ifndef HOLD_H
#define HOLD_H

#include "conf.h"
#include "helper.h"
#include "message.h"

enum {
    HOLD_MAX = 16,       /* boards vlab-lock holds at a time */
    HOLD_ANSWER = 10000, /* milliseconds a helper may take to answer */
    HOLD_FAREWELL = 5000 /* and to give the board back */
};

/* What hold_hear has heard. */
enum {
    HOLD_NOTHING,
    HOLD_MOVED,   /* ahead has changed */
    HOLD_WALL,    /* text is for everybody who has a session */
    HOLD_GRANTED, /* the board is ours: host and port */
    HOLD_REFUSED, /* code and text say why */
    HOLD_LOST     /* the session is over, text says why; the connection is closed */
};

/* All zero but pool, and -1 in helper.fd, at first. */
struct hold {
    char pool[CONF_NAME];
    char family[CONF_WORD]; /* "": not known */
    char host[CONF_ADDRESS], port[8];
    int known;  /* has the helper taken us for who we are? */
    long ahead; /* waiters before us; -1: not in line */
    enum message_code code;
    const char *text; /* until the next call */
    struct helper helper;
};

/* Look up the families of n pools. Returns 0, or -1 and errno when there is no config to
   be read. */
int hold_families(struct hold *h, unsigned n);

/* Sort by family and name: in this order boards can be waited for one after the other.
   Returns 0, or k when order[k - 1] and order[k] are one pool or of one family: then
   there is no safe order. */
unsigned hold_order(struct hold **order, unsigned n);

/* Connect, become the user who runs us, and ask for a board of the pool that nobody
   holds; wait: stand in line for it. Returns without the answer: 0, or -1 and errno. */
int hold_ask(struct hold *h, int wait);

/* The next thing the helper has said. Never waits: poll h->helper.fd, after the last
   HOLD_NOTHING. */
int hold_hear(struct hold *h);

/* The next thing one of n helpers has said, and whose it is into *from; those that are
   not open say nothing. Waits until the deadline (of dial_now, -1: for ever), a signal,
   or until the descriptor other (-1: none) can be read: then HOLD_NOTHING. Or -1 and
   errno. */
int hold_wait(struct hold **h, unsigned n, int other, long long deadline,
              struct hold **from);

/* Tell a command what n boards are held, in VLAB_POOL, VLAB_BOARD and VLAB_PORT. Returns
   0, or -1 and errno. */
int hold_environment(const struct hold *h, unsigned n);

/* Give back the boards of all n, and see to it that they are free when this returns, if
   the helpers end within HOLD_FAREWELL. */
void hold_leave(struct hold *h, unsigned n);

#endif

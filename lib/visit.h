/* visit: the sessions at one board's end, on the roll visit/ADDRESS. A record's text is
   `USER UID`. The header is `BID RATE RATE... PAST`: the last bid that was given out, the
   rates of the board's UARTs as they were set, the last bid before the first session.
   What is said to all of them stands in the ring told/ADDRESS. */
#ifndef VISIT_H
#define VISIT_H

#include <sys/types.h>

#include "device.h"
#include "roll.h"

enum {
    VISIT_RATE = 115200, /* of a UART that nobody has set */
    VISIT_MOST = 64      /* sessions at a time */
};

struct visit {
    struct roll roll;
    const char *address;
    uid_t uid;
    unsigned long long last; /* of the ring */
    unsigned long past;      /* the last bid that is no business of ours */
};

/* Asked under the gate of the visit; 0, or -1: no. */
struct visit_ask {
    int (*may)(void *);   /* may we still come? Before anybody is sent away, and last */
    int (*first)(void *); /* we are the first: make the board ready */
    void *arg;
};

/* Come to the board. Who is still there for another uid is sent away first: SIGTERM with
   note `text`, SIGKILL after 2 s, and waited for. Whoever is the first sets the rates
   back, asks first and counts. Returns 0, or -1 and errno (EAGAIN: too many sessions;
   EBUSY: who is still there does not go; EPERM: we may not send him away; ECANCELED: ask
   said no). */
int visit_enter(struct visit *v, const char *address, uid_t uid, const char *user,
                const struct visit_ask *ask);

/* The client sends no more. Where sessions cannot be told apart (uid -1), who comes next
   may be anybody: he sends us away, and we are no company. */
void visit_linger(struct visit *v);

/* Go. last (or 0) is called under the gate when nobody else is there. */
void visit_leave(struct visit *v, void (*last)(void *), void *arg);

/* A new bid, never given out before; 0 and errno on error. */
unsigned long visit_bid(struct visit *v);

/* The rate of a UART; and set it, and send SIGUSR2 to the others. 0 or -1. */
unsigned visit_rate(struct visit *v, unsigned uart);
int visit_set_rate(struct visit *v, unsigned uart, unsigned rate);

/* Whoever lingers at this UART shall leave it: SIGURG with its number, to all others. */
void visit_want(struct visit *v, unsigned uart);

/* Say a line to all sessions of a board, our own included: into the ring, then SIGUSR1.
   Needs no visit: from any process that has not joined the roll. Returns 0 or -1. */
int visit_tell(const char *address, const char *line);

/* After SIGUSR1: the next line said to all since we came, into line (RING_TEXT bytes),
   but what became of bids given out before the first session came. 1, 0, -1. */
int visit_told(struct visit *v, char *line);

#endif

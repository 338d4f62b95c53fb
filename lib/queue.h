/* queue: a line of waiters, on the roll line/POOL of a pool or queue/NAME of a slot. The
   header is the next ticket. A waiter joins a record (text `USER UID TICKET`, or that and
   `extra`, see queue_join) and locks the byte that belongs to his ticket; tickets are
   never used twice, records are. Whoever is not at the head waits for the lock of the
   ticket just before his. */
#ifndef QUEUE_H
#define QUEUE_H

#include <setjmp.h>
#include <signal.h>

#include "roll.h"

struct queue {
    struct roll roll;
    unsigned long long ticket; /* ours; 0: none */
    unsigned long long before; /* whom queue_wait waits for; 0: nobody */
    sigjmp_buf again;          /* where queue_wake goes, while waits is 1 */
    volatile sig_atomic_t waits;
};

/* Open the line KIND/NAME (mode as roll_open). Returns 0, or -1 and errno. */
int queue_open(struct queue *q, const char *kind, const char *name, int mode);

/* Close it: the next one comes up. */
void queue_close(struct queue *q);

/* Does anybody (else) wait? 1, 0, -1. */
int queue_anybody(const struct queue *q);

/* Take the next ticket. Needs the gate of q->roll. extra: in the line, but not one of
   those whom it has room for. Returns 0 or -1. */
int queue_join(struct queue *q, uid_t uid, const char *user, int extra);

/* How many living waiters stand before us, and how many (others) wait; count up to most.
   Return -1 on error. */
long queue_ahead(const struct queue *q, long most);
long queue_length(const struct queue *q, long most);

/* How many (others) wait that are not extra. Returns -1 on error. */
long queue_counted(const struct queue *q);

/* Wait with the signal mask given until the one just before us has left; at once when we
   are at the head. Returns 1: we are the head; 0: one left, look again; -1: EINTR by a
   signal, or as from the system. */
int queue_wait(struct queue *q, const sigset_t *mask);

/* For a handler of a signal that is blocked but where that mask lets it through: a
   queue_wait returns with EINTR, also one that is just about to wait. Does not return
   then. */
void queue_wake(struct queue *q);

/* Send sig to the waiter just behind us, if there is one on this host. */
void queue_poke(const struct queue *q, int sig);

/* Leave the line (after the board is joined, never before): we no longer wait. */
void queue_leave(struct queue *q);

/* A waiter's record: user (CONF_NAME bytes), uid and ticket from its text. Returns 0 or
 * -1 EPROTO. */
int queue_waiter(const struct roll_entry *e, char *user, uid_t *uid,
                 unsigned long long *ticket);

/* The living waiters in the order of their tickets, at most max. Returns how many, or -1.
 */
long queue_call(const struct queue *q, struct roll_entry *e, size_t max);

#endif

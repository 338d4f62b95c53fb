/* queue: the line of waiters of a pool, on the roll line/POOL. The header is the next
   ticket. A waiter joins a record (text `USER UID TICKET`) and locks the byte that
   belongs to his ticket; tickets are never used twice, records are. Whoever is not at the
   head waits for the lock of the ticket just before his. */
#ifndef QUEUE_H
#define QUEUE_H

#include "roll.h"

struct queue {
    struct roll roll;
    unsigned long long ticket; /* ours; 0: none */
    unsigned long long before; /* whom queue_wait waits for; 0: nobody */
};

/* Open the line of a pool. Returns 0, or -1 and errno. */
int queue_open(struct queue *q, const char *pool, int mode);

/* Close it: the next one comes up. */
void queue_close(struct queue *q);

/* Does anybody (else) wait? 1, 0, -1. */
int queue_anybody(const struct queue *q);

/* Take the next ticket. Needs the gate of q->roll. Returns 0 or -1. */
int queue_join(struct queue *q, uid_t uid, const char *user);

/* How many living waiters stand before us; counts up to most. Returns -1 on error. */
long queue_ahead(const struct queue *q, long most);

/* Wait until the one just before us has left; at once when we are at the head. Returns 1:
   we are the head; 0: one left, look again; -1: EINTR by a signal, or as from the system.
 */
int queue_wait(struct queue *q);

/* After a queue_wait that a jump has ended: forget what it may have locked. */
void queue_forget(struct queue *q);

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

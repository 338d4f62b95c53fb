#include "queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "ticket.h"

#define EXTRA " extra"

int queue_open(struct queue *q, const char *kind, const char *name, int mode)
{
    q->ticket = q->before = 0;
    q->waits = 0;
    return roll_open(&q->roll, kind, name, mode);
}

void queue_close(struct queue *q)
{
    roll_close(&q->roll);
    q->ticket = 0;
}

int queue_anybody(const struct queue *q)
{
    return roll_anybody(&q->roll);
}

/* A header that holds no number, or one that no ticket can have, begins the count again,
 * behind whoever waits. */
static int next_ticket(struct queue *q, unsigned long long *ticket)
{
    char text[ROLL_TEXT];

    if (roll_header(&q->roll, text))
        return -1;
    *ticket = strtoull(text, 0, 10);
    if (*ticket == 0 || *ticket >= TICKET_END) {
        *ticket = 0;
        if (ticket_before(&q->roll, TICKET_END - 1, ticket) < 0)
            return -1;
        ++*ticket;
    }
    snprintf(text, sizeof text, "%llu", *ticket + 1);
    return roll_set_header(&q->roll, text);
}

/* The record a ticket's holder tries first: records come round, so it is nearly always
 * free. */
static unsigned record_of(unsigned long long ticket)
{
    return 1 + (unsigned)(ticket % ROLL_LAST);
}

int queue_join(struct queue *q, uid_t uid, const char *user, int extra)
{
    char text[ROLL_TEXT];
    unsigned long long ticket;

    if (next_ticket(q, &ticket) || ticket_hold(&q->roll, ticket))
        return -1;
    snprintf(text, sizeof text, "%s %lu %llu%s", user, (unsigned long)uid, ticket,
             extra ? EXTRA : "");
    if (roll_join(&q->roll, record_of(ticket), ROLL_LAST, text) &&
        (errno != EAGAIN || roll_join(&q->roll, 1, ROLL_LAST, text)))
        return -1;
    q->ticket = ticket;
    return 0;
}

static long count(const struct queue *q, unsigned long long below, long most)
{
    long n;
    int k;

    for (n = 0; n < most && (k = ticket_before(&q->roll, below, &below)) != 0; ++n)
        if (k < 0)
            return -1;
    return n;
}

long queue_ahead(const struct queue *q, long most)
{
    return count(q, q->ticket, most);
}

long queue_length(const struct queue *q, long most)
{
    return count(q, TICKET_END, most);
}

long queue_counted(const struct queue *q)
{
    struct roll_entry e = {0};
    long n = 0;
    int k;

    while ((k = roll_next(&q->roll, &e)) > 0)
        n += !strstr(e.text, EXTRA);
    return k < 0 ? -1 : n;
}

static int wait_for_next(struct queue *q)
{
    int k = ticket_before(&q->roll, q->ticket, &q->before);

    if (k <= 0)
        return k < 0 ? -1 : 1;
    if (ticket_wait(&q->roll, q->before))
        return errno == EDEADLK ? 0 : -1;
    return 0;
}

void queue_wake(struct queue *q)
{
    if (q->waits)
        siglongjmp(q->again, 1);
}

/* A signal may end it also before it has begun: no test comes just before the wait, and
 * what a jump out of it leaves locked is forgotten. */
int queue_wait(struct queue *q, const sigset_t *mask)
{
    volatile int k = -1, error = EINTR;
    sigset_t closed;

    if (sigprocmask(SIG_BLOCK, 0, &closed))
        return -1;
    if (sigsetjmp(q->again, 0) == 0) {
        q->waits = 1;
        if (sigprocmask(SIG_SETMASK, mask, 0) == 0)
            k = wait_for_next(q);
        error = errno;
    }
    if (sigprocmask(SIG_SETMASK, &closed, 0)) {
        k = -1;
        error = errno;
    }
    q->waits = 0;
    if (q->before)
        ticket_drop(&q->roll, q->before);
    q->before = 0;
    errno = error;
    return k;
}

void queue_leave(struct queue *q)
{
    roll_leave(&q->roll);
}

int queue_waiter(const struct roll_entry *e, char *user, uid_t *uid,
                 unsigned long long *ticket)
{
    unsigned long n;

    if (sscanf(e->text, "%63s %lu %llu", user, &n, ticket) == 3) {
        *uid = (uid_t)n;
        return 0;
    }
    errno = EPROTO;
    return -1;
}

static unsigned long long ticket_of(const struct roll_entry *e)
{
    char user[CONF_NAME];
    unsigned long long ticket = 0;
    uid_t uid;

    queue_waiter(e, user, &uid, &ticket);
    return ticket;
}

/* The record that names the ticket, if its holder lives. */
static int find(const struct queue *q, unsigned long long ticket, struct roll_entry *e)
{
    e->record = record_of(ticket) - 1;
    if (roll_next(&q->roll, e) > 0 && ticket_of(e) == ticket)
        return 1;
    for (e->record = 0; roll_next(&q->roll, e) > 0;)
        if (ticket_of(e) == ticket)
            return 1;
    return 0;
}

void queue_poke(const struct queue *q, int sig)
{
    unsigned long long behind;
    struct roll_entry e;
    int fd;

    if (ticket_after(&q->roll, q->ticket, &behind) > 0 && find(q, behind, &e)) {
        fd = roll_signal(&q->roll, &e, sig);
        if (fd >= 0)
            close(fd);
    }
}

static int by_ticket(const void *a, const void *b)
{
    unsigned long long x = ticket_of(a), y = ticket_of(b);

    return x < y ? -1 : x > y;
}

long queue_call(const struct queue *q, struct roll_entry *e, size_t max)
{
    struct roll_entry next = {0};
    size_t n = 0;
    int k = 0;

    while (n < max && (k = roll_next(&q->roll, &next)) > 0)
        e[n++] = next;
    if (k < 0)
        return -1;
    qsort(e, n, sizeof *e, by_ticket);
    return (long)n;
}

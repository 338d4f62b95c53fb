/* Who asks does so under the gate of the line. The head needs it not: while he stands
   there, nobody else is let to a free slot. He watches before he looks, and leaves the
   line after he has joined the slot. Which slots are in use is decided under the gate of
   slot/NAME, for the last who asked may still be about to join when the head comes.

   Whoever's place has changed has the one behind him look, too, by SIGUSR2. */
#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "descriptor.h"
#include "ticket.h"

static struct queue *waits; /* the one SIGUSR2 is about */

/* The slots in use, one bit each from bit 0. */
static int look(const struct roll *r, unsigned long long *used)
{
    struct roll_entry e = {0};
    unsigned long long ticket = SLOT_WORKERS + 1;
    int k;

    *used = 0;
    while ((k = roll_next(r, &e)) > 0 && e.record <= SLOT_WORKERS)
        *used |= 1ULL << (e.record - 1);
    while (k >= 0 && (k = ticket_before(r, ticket, &ticket)) > 0)
        *used |= 1ULL << (ticket - 1);
    return k < 0 ? -1 : 0;
}

/* Those that a reload took away are in use until they have ended, and count. */
static int choose(struct slot *s, unsigned workers)
{
    unsigned long long used, bit;
    unsigned n, count = 0, first = 0;

    if (look(&s->roll, &used))
        return -1;
    for (n = 1, bit = 1; n <= SLOT_WORKERS; ++n, bit <<= 1)
        if (used & bit)
            ++count;
        else if (!first)
            first = n;
    if (count >= workers || first > workers)
        return 0;
    return roll_join(&s->roll, first, first, s->text) ? -1 : 1;
}

static int take(struct slot *s, unsigned workers)
{
    int k, saved;

    if (workers == 0) {
        errno = ECANCELED;
        return -1;
    }
    if (roll_gate(&s->roll))
        return -1;
    k = choose(s, workers > SLOT_WORKERS ? SLOT_WORKERS : workers);
    if (k > 0 && ticket_share(&s->share, s->roll.record))
        k = -1;
    /* It was free, and is locked by somebody who did not ask at the gate. */
    saved = k < 0 && errno == EAGAIN ? EBUSY : errno;
    roll_ungate(&s->roll);
    errno = saved;
    return k;
}

/* With the gate of the line. */
static int decide(struct slot *s, unsigned workers, int most, uid_t uid, const char *user)
{
    long waiting = queue_length(&s->queue, most > 0 ? most : 1);
    int k = waiting < 0 ? -1 : 0;

    if (waiting == 0)
        k = take(s, workers);
    if (k)
        return k;
    /* It looks full; who is extra takes no room. */
    if (most != SLOT_ALWAYS && most > 0 && waiting >= most) {
        waiting = queue_counted(&s->queue);
        if (waiting < 0)
            return -1;
    }
    if (most != SLOT_ALWAYS && (most <= 0 || waiting >= most)) {
        errno = EAGAIN;
        return -1;
    }
    return queue_join(&s->queue, uid, user, most == SLOT_ALWAYS) ? -1 : 0;
}

/* A record has room for it behind the longest pid, host and time. */
static void compose(struct slot *s, uid_t uid, const char *user, const char *text)
{
    const int room = ROLL_TEXT - 2 - ROLL_HOST - 2 * 20;
    char *t;

    snprintf(s->text, (size_t)room, "%s %lu %s", user, (unsigned long)uid, text);
    for (t = s->text; *t; ++t)
        if (*t < ' ' || *t > '~')
            *t = '?';
}

int slot_ask(struct slot *s, unsigned workers, int most, uid_t uid, const char *user,
             const char *text)
{
    sigset_t poke;
    int k, saved;

    compose(s, uid, user, text);
    /* Whoever sees us in line may poke us from then on, and a moment longer. */
    sigemptyset(&poke);
    sigaddset(&poke, SIGUSR2);
    k = sigprocmask(SIG_BLOCK, &poke, 0);
    if (k == 0)
        k = queue_open(&s->queue, "queue", s->name, ROLL_CREATE);
    if (k == 0)
        k = roll_open(&s->roll, "slot", s->name, ROLL_CREATE);
    if (k == 0)
        k = roll_gate(&s->queue.roll);
    if (k == 0) {
        k = decide(s, workers, most, uid, user);
        saved = errno;
        roll_ungate(&s->queue.roll);
        errno = saved;
    }
    saved = errno;
    if (k)
        queue_close(&s->queue);
    if (k < 0)
        roll_close(&s->roll);
    errno = saved;
    return k;
}

static void on_moved(int sig)
{
    (void)sig;
    queue_wake(waits);
}

struct wait {
    void (*moved)(void *, long);
    void *arg;
    long told;
    sigset_t mask;
};

static void tell_place(struct slot *s, struct wait *w)
{
    int first = w->told > SLOT_ALWAYS;
    long most = first ? SLOT_ALWAYS : SLOT_NEAR + 1;
    long ahead = queue_ahead(&s->queue, most);

    if (ahead < 0 || ahead >= w->told || (!first && ahead == most))
        return;
    w->told = ahead;
    if (w->moved)
        w->moved(w->arg, ahead);
    if (!first)
        queue_poke(&s->queue, SIGUSR2);
}

static int stand(struct slot *s, struct wait *w)
{
    int k;

    for (;;) {
        tell_place(s, w);
        k = queue_wait(&s->queue, &w->mask);
        if (k > 0)
            tell_place(s, w);
        if (k > 0 || (k < 0 && errno != EINTR))
            return k;
    }
}

static int lead(struct slot *s, struct wait *w, unsigned (*workers)(void *))
{
    unsigned n;
    int k;

    for (;;) {
        watch_open(&s->watch);
        watch_roll(&s->watch, "slot", s->name);
        n = workers(w->arg);
        do {
            k = take(s, n);
            if (k)
                return k;
            k = watch_wait(&s->watch, -1, &w->mask);
            if (k < 0 && errno != EINTR)
                return -1;
        } while (k);
    }
}

int slot_wait(struct slot *s, unsigned (*workers)(void *), void (*moved)(void *, long),
              void *arg)
{
    struct wait w = {.moved = moved, .arg = arg, .told = SLOT_ALWAYS + 1};
    struct sigaction mine = {.sa_handler = on_moved}, old;
    int k, saved, caught;

    waits = &s->queue;
    caught = sigaction(SIGUSR2, &mine, &old) == 0;
    k = caught ? sigprocmask(SIG_BLOCK, 0, &w.mask) : -1;
    if (k == 0) {
        sigdelset(&w.mask, SIGUSR2);
        k = stand(s, &w);
    }
    if (k > 0)
        k = lead(s, &w, workers);
    saved = errno;
    if (s->watch.fd >= 0)
        watch_stop(&s->watch);
    queue_close(&s->queue);
    if (caught && sigaction(SIGUSR2, &old, 0)) {
        k = -1;
        saved = errno;
    }
    if (k < 0)
        roll_close(&s->roll);
    errno = saved;
    return k;
}

int slot_share(struct slot *s)
{
    if (roll_open(&s->share, "slot", s->name, ROLL_CREATE))
        return -1;
    s->share.fd = descriptor_raise(s->share.fd);
    return s->share.fd < 0 ? -1 : 0;
}

void slot_close(struct slot *s)
{
    if (s->roll.record)
        ticket_unshare(&s->share, s->roll.record);
    roll_close(&s->roll);
    roll_close(&s->share);
    queue_close(&s->queue);
}

void slot_settle(struct slot *s)
{
    if (s->watch.fd >= 0)
        close(s->watch.fd);
    s->watch.fd = -1;
}

unsigned slot_number(const struct slot *s)
{
    return s->roll.record;
}

const char *slot_worker(const struct roll_entry *e, char *user, uid_t *uid)
{
    unsigned long n;
    int end = 0;

    if (sscanf(e->text, "%63s %lu%n", user, &n, &end) < 2 || !end)
        return 0;
    *uid = (uid_t)n;
    return e->text[end] ? e->text + end + 1 : "";
}

/* Under the gate: who is the first, and who is the last; the header. Nobody waits for
   another session with the gate held, for that one may need it to leave. */
#include "visit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dial.h"
#include "ring.h"

enum {
    TOLD = 2000,
    KILLED = 5000 /* milliseconds until who is sent away has to be gone */
};

/* The uid of who lingers: another one than all others. */
#define LINGERS ((uid_t)-2)

struct header {
    unsigned long bid;
    unsigned rate[DEVICE_UARTS]; /* 0: as it is at first */
    unsigned long past;          /* bid when the first session came */
};

static int read_header(const struct roll *r, struct header *h)
{
    char text[ROLL_TEXT], *at = text, *end;

    memset(h, 0, sizeof *h);
    if (roll_header(r, text))
        return -1;
    h->bid = strtoul(at, &end, 10);
    for (unsigned i = 0; i < DEVICE_UARTS && end != at; ++i) {
        at = end;
        h->rate[i] = (unsigned)strtoul(at, &end, 10);
    }
    if (end != at)
        h->past = strtoul(end, 0, 10);
    return 0;
}

static int write_header(struct roll *r, const struct header *h)
{
    char text[ROLL_TEXT];
    int n = snprintf(text, sizeof text, "%lu", h->bid);

    for (unsigned i = 0; i < DEVICE_UARTS; ++i)
        n += snprintf(text + n, sizeof text - (size_t)n, " %u", h->rate[i]);
    snprintf(text + n, sizeof text - (size_t)n, " %lu", h->past);
    return roll_set_header(r, text);
}

/* Send sig to all the other sessions, or only to those of other users than uid. Their
   pidfds go to left, or are closed. Returns how many there are, or -1. */
static int tell(struct roll *r, int sig, const uid_t *uid, const char *note,
                struct pollfd *left)
{
    struct roll_entry e = {0};
    unsigned long whose;
    int n = 0, fd, k;

    while ((k = roll_next(r, &e)) > 0) {
        if (uid && sscanf(e.text, "%*s %lu", &whose) == 1 && (uid_t)whose == *uid)
            continue;
        if (note)
            roll_note(r, e.record, note);
        fd = roll_signal(r, &e, sig);
        if (fd < 0 && uid && errno != ESRCH)
            return -1;
        if (left && n < VISIT_MOST)
            left[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
        else if (fd >= 0)
            close(fd);
    }
    return k < 0 ? -1 : n;
}

static void wait_for(struct pollfd *left, int n, long long deadline)
{
    for (int i = 0; i < n; ++i) {
        while (left[i].fd >= 0 && dial_left(deadline) &&
               poll(&left[i], 1, dial_left(deadline)) <= 0)
            ;
        if (left[i].fd >= 0)
            close(left[i].fd);
    }
}

static int agrees(int (*asked)(void *), void *arg)
{
    if (!asked || asked(arg) == 0)
        return 0;
    errno = ECANCELED;
    return -1;
}

/* Take the gate when no other user is there. */
static int gate_alone(struct visit *v, uid_t uid, const struct visit_ask *ask)
{
    static const char note[] = "the board is somebody else's now";
    long long start = dial_now();
    struct pollfd left[VISIT_MOST];

    for (;;) {
        int late = dial_now() >= start + TOLD, n;

        if (roll_gate(&v->roll) || agrees(ask->may, ask->arg))
            return -1;
        n = tell(&v->roll, late ? SIGKILL : SIGTERM, &uid, note, left);
        if (n <= 0)
            return n;
        roll_ungate(&v->roll);
        wait_for(left, n, start + (late ? KILLED : TOLD));
        /* One that is just leaving has no pidfd any more to wait for. */
        poll(0, 0, 1);
        if (dial_now() >= start + KILLED) {
            errno = EBUSY;
            return -1;
        }
    }
}

/* With the gate held. */
static int begin(struct visit *v, const struct visit_ask *ask)
{
    struct header h;
    int k = roll_anybody(&v->roll);

    if (k < 0 || read_header(&v->roll, &h))
        return -1;
    v->past = k ? h.past : h.bid;
    if (k)
        return 0;
    memset(h.rate, 0, sizeof h.rate);
    h.past = h.bid;
    if (write_header(&v->roll, &h))
        return -1;
    return agrees(ask->first, ask->arg);
}

int visit_enter(struct visit *v, const char *address, uid_t uid, const char *user,
                const struct visit_ask *ask)
{
    char text[ROLL_TEXT];
    int e;

    v->address = address;
    v->uid = uid;
    snprintf(text, sizeof text, "%s %lu", user, (unsigned long)uid);
    if (roll_open(&v->roll, "visit", address, ROLL_CREATE))
        return -1;
    if (gate_alone(v, uid, ask) == 0 && begin(v, ask) == 0) {
        if (ring_begin("told", address, &v->last) == 0 &&
            roll_join(&v->roll, 1, VISIT_MOST, text) == 0) {
            roll_ungate(&v->roll);
            return 0;
        }
    }
    e = errno;
    roll_close(&v->roll);
    errno = e;
    return -1;
}

void visit_linger(struct visit *v)
{
    char text[32];

    if (v->roll.record == 0 || v->uid != (uid_t)-1 || roll_gate(&v->roll))
        return;
    snprintf(text, sizeof text, "- %lu", (unsigned long)LINGERS);
    roll_leave(&v->roll);
    if (roll_join(&v->roll, 1, VISIT_MOST, text))
        roll_leave(&v->roll);
    roll_ungate(&v->roll);
}

void visit_leave(struct visit *v, void (*last)(void *), void *arg)
{
    if (v->roll.fd < 0)
        return;
    if (last && roll_gate(&v->roll) == 0 && roll_anybody(&v->roll) == 0)
        last(arg);
    roll_close(&v->roll);
}

unsigned long visit_bid(struct visit *v)
{
    struct header h;
    unsigned long bid = 0;

    if (roll_gate(&v->roll))
        return 0;
    if (read_header(&v->roll, &h) == 0) {
        ++h.bid;
        if (write_header(&v->roll, &h) == 0)
            bid = h.bid;
    }
    roll_ungate(&v->roll);
    return bid;
}

unsigned visit_rate(struct visit *v, unsigned uart)
{
    struct header h;

    if (uart >= DEVICE_UARTS || read_header(&v->roll, &h) || !h.rate[uart])
        return VISIT_RATE;
    return h.rate[uart];
}

int visit_set_rate(struct visit *v, unsigned uart, unsigned rate)
{
    struct header h;
    int k;

    if (roll_gate(&v->roll))
        return -1;
    k = read_header(&v->roll, &h);
    if (k == 0 && uart < DEVICE_UARTS) {
        h.rate[uart] = rate;
        k = write_header(&v->roll, &h);
    }
    roll_ungate(&v->roll);
    if (k == 0)
        tell(&v->roll, SIGUSR2, 0, 0, 0);
    return k;
}

void visit_want(struct visit *v, unsigned uart)
{
    siginfo_t info = {.si_signo = SIGURG, .si_code = SI_QUEUE, .si_pid = getpid()};
    struct roll_entry e = {0};
    int fd;

    info.si_value.sival_int = (int)uart;
    while (roll_next(&v->roll, &e) > 0) {
        fd = roll_pin(&v->roll, &e);
        if (fd < 0)
            continue;
        syscall(SYS_pidfd_send_signal, fd, SIGURG, &info, 0);
        close(fd);
    }
}

int visit_tell(const char *address, const char *line)
{
    struct roll r;

    if (ring_say("told", address, line))
        return -1;
    if (roll_open(&r, "visit", address, ROLL_READ))
        return errno == ENOENT ? 0 : -1;
    tell(&r, SIGUSR1, 0, 0, 0);
    roll_close(&r);
    return 0;
}

int visit_told(struct visit *v, char *line)
{
    unsigned long bid;
    int k;

    do
        k = ring_next("told", v->address, &v->last, line);
    while (k > 0 && sscanf(line, "program%*s %lu", &bid) == 1 && bid <= v->past);
    return k;
}

#include "pulse.h"

#include "dial.h"

static long long later(long long a, long long b)
{
    return a > b ? a : b;
}

void pulse_start(struct pulse *p, unsigned seconds)
{
    p->half = seconds * 500LL;
    p->seconds = seconds < NINEP_ALIVE_MOST ? seconds : NINEP_ALIVE_MOST;
    p->life = p->clear = dial_now();
    p->asked = p->life - p->half;
    p->sent = 0;
    p->queued = 0;
}

/* When he is dead. Who has never said anything may not have been there yet. */
static long long end(const struct pulse *p, const struct wire *w, const struct mount *m,
                     unsigned promised)
{
    long long half = w->got ? p->half : 2 * p->half, waits = m ? mount_waits(m) : -1;
    long long when = p->queued ? later(p->clear, p->life) + half : -1;
    if (waits >= 0)
        when = dial_sooner(when, later(waits, p->life) + half);
    if (waits >= 0 && mount_state(m) != MOUNT_ATTACHING)
        when = dial_sooner(when, waits + 2 * p->half);
    if (promised)
        when = dial_sooner(when, w->heard + later(2 * p->half, promised * 1000LL));
    return when;
}

int pulse_look(struct pulse *p, const struct wire *w, struct mount *m, unsigned promised,
               long long *again)
{
    long long now = dial_now(), every = p->seconds * 500LL;
    int queued = wire_queued(w) > 0;
    /* What waited for room went because he took something; all else, our questions among
       it, goes though he is dead. */
    if (p->queued && p->sent != w->sent)
        p->life = now;
    p->life = later(p->life, w->heard);
    if (!queued || !p->queued)
        p->clear = now;
    p->sent = w->sent;
    p->queued = queued;
    *again = -1;
    if (!p->half)
        return 1;
    if (m && mount_state(m) != MOUNT_ATTACHING && now >= p->asked + every)
        p->asked = mount_ask(m, p->seconds) ? now - every + PULSE_RETRY : now;
    if (m && mount_state(m) != MOUNT_ATTACHING)
        *again = p->asked + every;
    *again = dial_sooner(*again, end(p, w, m, promised));
    return *again < 0 || now < *again;
}

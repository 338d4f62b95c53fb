#include "pulse.h"

#include "dial.h"

void pulse_start(struct pulse *p, unsigned seconds)
{
    p->half = seconds * 500LL;
    p->life = p->clear = dial_now();
    p->sent = 0;
    p->queued = 0;
}

/* The first half of the time passes before he is asked, and the second until he must have
   answered. Who has never said anything may not have been there yet. */
int pulse_look(struct pulse *p, const struct wire *w, struct mount *m, long long *again)
{
    long long now = dial_now(), waits = m ? mount_waits(m) : -1, since;
    int queued = wire_queued(w) > 0;
    if (p->sent != w->sent)
        p->life = now;
    if (p->life < w->heard)
        p->life = w->heard;
    if (!queued || !p->queued)
        p->clear = now;
    p->sent = w->sent;
    p->queued = queued;
    *again = -1;
    if (!p->half)
        return 1;
    if (waits >= 0 || queued) {
        since = waits >= 0 ? waits : p->clear;
        *again = (since > p->life ? since : p->life) + (w->got ? 1 : 2) * p->half;
        return now < *again;
    }
    if (!m || mount_state(m) != MOUNT_UP)
        return 1;
    *again = p->life + p->half;
    if (now < *again)
        return 1;
    mount_ask(m);
    *again = now + p->half;
    return 1;
}

#include "roster.h"

#include <string.h>

#include "queue.h"
#include "slot.h"

int roster_serves(const struct roster *r, const char *name)
{
    char *const *s = r->served;
    while (*s && strcmp(*s, name))
        s++;
    return *s || !*r->served;
}

int roster_next(struct roster *r, struct launcher *l)
{
    char name[CONF_WORD];
    if (r->conf->fd < 0)
        return 0;
    if (!r->begun && conf_find(r->conf, "launches", 0, &r->lines) != 1)
        return 0;
    r->begun = 1;
    while (conf_line(&r->lines, "launch", name))
        if (roster_serves(r, name) && launcher_read(l, r->conf, name) == 1)
            return 1;
    return 0;
}

unsigned long roster_places(struct roster *r)
{
    unsigned long n = 0;
    struct launcher l;
    while (roster_next(r, &l))
        n += l.number[LAUNCHER_WORKERS] + l.number[LAUNCHER_QUEUE];
    return n;
}

const char *roster_missing(const struct roster *r, size_t *i)
{
    struct launcher l;
    const char *name = 0;
    while (r->conf->fd >= 0 && !name && r->served[*i]) {
        name = r->served[(*i)++];
        if (launcher_read(&l, r->conf, name))
            name = 0;
    }
    return name;
}

static void tell_workers(const char *name, struct streams *to)
{
    struct roll_entry e = {0};
    struct roll r;
    char user[CONF_NAME];
    uid_t uid;
    if (roll_open(&r, "slot", name, ROLL_READ))
        return;
    while (roll_next(&r, &e) > 0 && e.record <= SLOT_WORKERS)
        stream_say(to, "running %u %s %lld", e.record,
                   slot_worker(&e, user, &uid) ? user : "?", e.since);
    roll_close(&r);
}

static void tell_queue(const char *name, struct streams *to)
{
    static struct roll_entry e[SLOT_QUEUE];
    struct queue q;
    char user[CONF_NAME];
    unsigned long long ticket;
    uid_t uid;
    long n;
    if (queue_open(&q, "queue", name, ROLL_READ))
        return;
    n = queue_call(&q, e, SLOT_QUEUE);
    for (long i = 0; i < n; i++)
        stream_say(to, "waiting %ld %s %lld", i + 1,
                   queue_waiter(&e[i], user, &uid, &ticket) ? "?" : user, e[i].since);
    queue_close(&q);
}

void roster_tell(const struct launcher *l, struct streams *to)
{
    stream_say(to, "launch %s %lu %lu", l->name, l->number[LAUNCHER_WORKERS],
               l->number[LAUNCHER_QUEUE]);
    tell_workers(l->name, to);
    tell_queue(l->name, to);
}

int roster_tell_next(struct roster *r, uid_t uid, struct streams *to)
{
    struct launcher l;
    while (roster_next(r, &l))
        if (conf_may(r->conf, uid, "launch", l.name) == 1) {
            roster_tell(&l, to);
            return 1;
        }
    stream_say(to, "endlist");
    return 0;
}

#include "member.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lookup.h"
#include "map.h"
#include "rolls.h"
#include "say.h"

enum { RECENT = 60 /* seconds, which no line takes to come */ };

static const char *const states[] = {"off", "up", "blocked", "leaving"};
static const char *const kinds[MEMBER_KINDS] = {"board", "run", "duct", "console",
                                                "away"};

const char *member_state_word(enum member_state s)
{
    return states[s];
}

const char *member_kind_word(enum member_kind k)
{
    return kinds[k];
}

int member_state_of(const char *word)
{
    for (int i = 0; i < (int)(sizeof states / sizeof *states); i++)
        if (strcmp(word, states[i]) == 0)
            return i;
    return -1;
}

char *member_refusal(char *out, unsigned node, enum member_state s, const char *reason)
{
    char host[ROLL_HOST];
    roll_host(host);
    if (node)
        snprintf(out, MEMBER_REFUSAL, "node %u is %s%s%s", node,
                 s == MEMBER_UP ? "full" : states[s], *reason ? ": " : "", reason);
    else
        snprintf(out, MEMBER_REFUSAL, "host %s is no node now", host);
    return out;
}

int member_open(struct roll *r, unsigned node, int mode)
{
    char name[16];
    snprintf(name, sizeof name, "%u", node);
    return roll_open(r, "node", name, mode);
}

int member_read(const struct roll *r, unsigned node, struct member *m)
{
    char text[ROLL_TEXT], state[16];
    unsigned number;
    int n = 0, known;
    memset(m, 0, sizeof *m);
    m->node = node;
    if (roll_header(r, text))
        return -1;
    if (sscanf(text, "%u %15s %lld %64s %n", &number, state, &m->since, m->host, &n) != 4)
        return 0;
    known = member_state_of(state);
    if (known < 0)
        return 0;
    m->state = (enum member_state)known;
    m->is_member = number == node;
    if (n)
        snprintf(m->reason, sizeof m->reason, "%s", text + n);
    return 0;
}

int member_look(unsigned node, struct member *m)
{
    struct roll r;
    int k;
    if (member_open(&r, node, ROLL_READ)) {
        *m = (struct member){.node = node};
        return errno == ENOENT ? 0 : -1;
    }
    k = member_read(&r, node, m);
    roll_close(&r);
    return k;
}

/* Has its own host written it: we, or just now one that shares our state? */
static int is_its_own(const struct roll *r, const struct member *m)
{
    struct lookup_address a;
    char us[ROLL_HOST];
    struct member old;
    if (member_read(r, m->node, &old))
        return -1;
    roll_host(us);
    return strcmp(old.host, us) == 0 ||
           (old.is_member && !lookup_literal(&a, old.host, 0) &&
            m->since - old.since < RECENT);
}

/* Returns 1 when it is written. */
static int set(const struct member *m, int is_heard)
{
    struct roll r;
    char text[ROLL_TEXT];
    int k;
    if (member_open(&r, m->node, ROLL_CREATE))
        return -1;
    snprintf(text, sizeof text, "%u %s %lld %s %s", m->is_member ? m->node : 0,
             states[m->state], m->since, *m->host ? m->host : "-", m->reason);
    k = roll_gate(&r);
    if (k == 0 && is_heard)
        k = is_its_own(&r, m);
    if (k == 0)
        k = roll_set_header(&r, text) ? -1 : 1;
    else if (k > 0)
        k = 0;
    roll_close(&r);
    return k;
}

int member_set(const struct member *m)
{
    return set(m, 0) < 0 ? -1 : 0;
}

int member_hear(const struct member *m)
{
    return set(m, 1);
}

int member_self(struct member *m)
{
    char host[ROLL_HOST];
    const char *name;
    unsigned long node;
    DIR *rolls = rolls_open("node");
    int k = 0;
    if (!rolls)
        return errno == ENOENT ? 0 : -1;
    roll_host(host);
    while (!k && (name = rolls_next(rolls)))
        if (say_number(name, 1, MAP_LAST, &node) == 0) {
            k = member_look((unsigned)node, m);
            if (!k)
                k = m->is_member && strcmp(m->host, host) == 0;
        }
    closedir(rolls);
    return k;
}

int member_join(struct roll *r, unsigned node, const struct member_guest *g,
                struct member *m)
{
    char text[ROLL_TEXT], host[ROLL_HOST];
    int k, saved;
    if (member_open(r, node, ROLL_CREATE))
        return -1;
    roll_host(host);
    snprintf(text, sizeof text, "%s %s %lu %u %s", kinds[g->kind], g->user,
             (unsigned long)g->uid, g->node, g->text);
    /* The record has the host, too, and pid and time. */
    text[ROLL_TEXT - 48 - strlen(host)] = 0;
    k = roll_gate(r);
    if (k == 0)
        k = member_read(r, node, m);
    if (k == 0 && m->state != MEMBER_UP &&
        !(m->state == MEMBER_BLOCKED && g->kind == MEMBER_AWAY)) {
        errno = EAGAIN;
        k = -1;
    }
    if (k == 0)
        k = roll_join(r, 1, ROLL_LAST, text);
    saved = errno;
    if (k == 0)
        roll_ungate(r);
    else
        roll_close(r);
    errno = saved;
    return k;
}

int member_guest(const struct roll_entry *e, struct member_guest *g)
{
    char kind[16];
    unsigned long uid;
    int n = 0;
    if (sscanf(e->text, "%15s %63s %lu %u %n", kind, g->user, &uid, &g->node, &n) == 4)
        for (int i = 0; i < MEMBER_KINDS; i++)
            if (strcmp(kind, kinds[i]) == 0) {
                g->kind = (enum member_kind)i;
                g->uid = (uid_t)uid;
                g->text = e->text + n;
                return 0;
            }
    errno = EPROTO;
    return -1;
}

int member_change(struct roll *r, const char *text, struct roll_entry *who)
{
    int k, saved;
    if (roll_open(r, "change", 0, ROLL_CREATE))
        return -1;
    k = roll_gate(r);
    if (k == 0)
        k = roll_join(r, 1, 1, text);
    saved = errno;
    roll_ungate(r);
    if (k && saved == EAGAIN) {
        who->record = 0;
        if (roll_next(r, who) != 1)
            strcpy(who->text, "?");
    }
    if (k)
        roll_close(r);
    errno = saved;
    return k;
}

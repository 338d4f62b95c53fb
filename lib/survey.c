#include "survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "dial.h"
#include "inquiry.h"

enum { AT_ONCE = 500, SPARE = 32 }; /* descriptors */

/* As many as we may have descriptors for. */
static unsigned at_once(unsigned count)
{
    struct rlimit l;
    unsigned most = AT_ONCE;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        if (l.rlim_cur < AT_ONCE + SPARE) {
            l.rlim_cur = l.rlim_max < AT_ONCE + SPARE ? l.rlim_max : AT_ONCE + SPARE;
            setrlimit(RLIMIT_NOFILE, &l);
            getrlimit(RLIMIT_NOFILE, &l);
        }
        if (l.rlim_cur < most + SPARE)
            most = l.rlim_cur > 2 * SPARE ? (unsigned)l.rlim_cur - SPARE : SPARE;
    }
    return count < most ? count : most;
}

static void note(struct survey_node *n, const struct inquiry *q)
{
    static const enum survey_how how[] = {[INQUIRY_SILENT] = SURVEY_DOWN,
                                          [INQUIRY_DIFFERS] = SURVEY_DIFFERS,
                                          [INQUIRY_SAID] = SURVEY_SAID};
    n->how = how[q->result];
    n->said = q->said;
    strcpy(n->why, q->why);
}

/* All of them but one, of which so many are under way at a time; again: those that were
   down have little time. */
static int ask_all(struct survey *s, struct conf *c, const char *verb,
                   const struct door_said *self, unsigned but, int again)
{
    unsigned most = at_once(s->count), begun = 0, ended = 0;
    struct inquiry *q = calloc(most + 1, sizeof *q);
    struct survey_node **whose = calloc(most + 1, sizeof *whose);
    struct pollfd *p = calloc(most + 1, sizeof *p);
    int k = q && p && whose ? 0 : -1;
    for (unsigned i = 0; i < s->count; i++)
        ended += s->node[i].number == but;
    while (k == 0 && ended < s->count) {
        long long until = -1;
        for (unsigned i = 0; i < most; i++) {
            if (begun < s->count && s->node[begun].number == but)
                begun++;
            if (!q[i].node && begun < s->count) {
                int soon = again && s->node[begun].how == SURVEY_DOWN;
                whose[i] = &s->node[begun++];
                inquiry_begin(&q[i], whose[i]->number, c, verb, self,
                              soon ? SURVEY_SOON : DOOR_PATIENCE);
            }
            if (!q[i].node)
                p[i].fd = -1;
            else if (inquiry_wants(&q[i], &p[i]))
                until = dial_sooner(until, q[i].until);
            else
                until = dial_now();
        }
        k = poll(p, most, dial_left(until));
        if (k < 0 && errno != EINTR)
            break;
        for (unsigned i = 0; i < most; i++)
            if (q[i].node && !inquiry_move(&q[i], k > 0 ? p[i].revents : 0)) {
                note(whose[i], &q[i]);
                q[i].node = 0;
                ended++;
            }
        k = 0;
    }
    for (unsigned i = 0; q && i < most; i++)
        if (q[i].node)
            inquiry_end(&q[i]);
    free(q);
    free(p);
    free(whose);
    return k;
}

static int list(struct survey *s, struct conf *c)
{
    struct map_node n = {.number = 0};
    int k = 0;
    s->node = calloc(map_count(c) + 1, sizeof *s->node);
    if (!s->node)
        return -1;
    while (s->count < map_count(c) && (k = map_next(c, &n)) == 1) {
        struct survey_node *one = &s->node[s->count++];
        one->number = n.number;
        strcpy(one->host, n.address[0]);
    }
    return k < 0 ? -1 : 0;
}

int survey_others(struct survey *s, struct conf *c, const char *verb, unsigned own)
{
    struct door_said self;
    int again = s->node != 0;
    if (door_self(&self, c) || (!again && list(s, c)))
        return -1;
    return ask_all(s, c, verb, &self, own, again);
}

int survey(struct survey *s, struct conf *c, const char *verb)
{
    memset(s, 0, sizeof *s);
    return survey_others(s, c, verb, 0);
}

void survey_free(struct survey *s)
{
    free(s->node);
    s->node = 0;
    s->count = 0;
}

const char *survey_word(const struct survey_node *n)
{
    if (n->how == SURVEY_SAID)
        return member_state_word(n->said.state);
    return n->how == SURVEY_DIFFERS ? "differs" : "down";
}

const char *survey_why(const struct survey_node *n)
{
    return n->how == SURVEY_SAID ? n->said.reason : n->why;
}

int survey_is_up(const struct survey_node *n)
{
    return n->how == SURVEY_SAID && n->said.state == MEMBER_UP;
}

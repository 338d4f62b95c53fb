#include "announce.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "marks.h"
#include "notice.h"

static int is_up(const struct member *m)
{
    return !m->since || (m->is_member && m->state == MEMBER_UP);
}

int announce(struct conf *c, unsigned node, const char *host,
             const struct door_said *said)
{
    struct member old, m = {.node = node, .is_member = said->number == node};
    char us[ROLL_HOST];
    int ours, same, k;
    if (member_look(node, &old))
        return -1;
    m.state = said->state;
    m.since = time(0);
    snprintf(m.host, sizeof m.host, "%s", host);
    snprintf(m.reason, sizeof m.reason, "%s", said->reason);
    /* Who has left in order has said why before, and says it no more. */
    if (!m.is_member && !*m.reason && (old.state == MEMBER_LEAVING || !old.is_member))
        strcpy(m.reason, old.reason);
    roll_host(us);
    ours = strcmp(old.host, us) == 0;
    same = old.since && old.is_member == m.is_member && old.state == m.state &&
           strcmp(old.reason, m.reason) == 0;
    /* Boards may have come to the config since; where there are no marks there is nothing
       to be done again. */
    if (same && m.state == MEMBER_UP)
        return 0;
    if (marks_set(c, ours ? &old : &m))
        return -1;
    if (ours || same)
        return 0;
    k = member_hear(&m);
    if (k == 0) /* somebody knows better */
        return member_look(node, &old) || marks_set(c, &old) ? -1 : 0;
    if (k < 0)
        return -1;
    return is_up(&old) && !is_up(&m) && notice_waiters(c, &m) < 0 ? -1 : 0;
}

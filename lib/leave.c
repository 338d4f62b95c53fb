#include "leave.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "chain.h"
#include "marks.h"
#include "say.h"
#include "text.h"

struct leave leave = {.conf.fd = -1, .seconds = LEAVE_SECONDS};

/* What the header said before each of the steps that change it. */
static struct member before_block, before_load, before_number;

struct survey leave_lab;

void leave_take_reason(const char *text)
{
    static char reason[MEMBER_REASON];

    if (text_copy(reason, sizeof reason, text))
        say_die(SAY_USAGE, "the reason is longer than %zu characters", sizeof reason - 1);
    leave.reason = reason;
}

void leave_take_seconds(const char *text)
{
    unsigned long seconds;

    if (say_number(text, 0, LEAVE_LONGEST, &seconds))
        say_die(SAY_USAGE, "-t %s: not a number of seconds from 0 to %d", text,
                LEAVE_LONGEST);
    leave.seconds = (unsigned)seconds;
}

int leave_fails(const char *what)
{
    int interrupted = errno == EINTR ? chain_signal() : 0;

    if (interrupted)
        return interrupted;
    say_warn_errno("unable to %s", what);
    return SAY_SYSTEM;
}

int leave_ask(const char *verb)
{
    return survey_others(&leave_lab, &leave.conf, verb, leave.now.node);
}

/* Nodes that are down are told when they come up and ask. */
static int announce(void)
{
    if (leave_ask("state"))
        say_warn_errno("unable to tell the other nodes");
    return 0;
}

static int put(const struct member *m)
{
    if (member_set(m)) {
        say_warn_errno("unable to write the roll node/%u", m->node);
        return SAY_SYSTEM;
    }
    leave.now = *m;
    return 0;
}

static int mark(void)
{
    return marks_set(&leave.conf, &leave.now) ? leave_fails("mark the node's boards") : 0;
}

/* Now it is so, and who sees the boards or asks the node finds it so. */
static int become(int is_member, enum member_state state, const char *reason)
{
    struct member m = leave.now;
    int k;

    if (m.is_member != is_member || m.state != state)
        m.since = time(0);
    m.is_member = is_member;
    m.state = state;
    roll_host(m.host);
    snprintf(m.reason, sizeof m.reason, "%s", reason);
    k = put(&m);
    return k ? k : mark();
}

static int back_to(const struct member *m)
{
    int k = put(m);

    return mark() || k ? -1 : 0;
}

int leave_block(void)
{
    int blocked = leave.now.state != MEMBER_UP && *leave.now.reason;
    const char *reason = leave.reason ? leave.reason
                         : blocked    ? leave.now.reason
                                      : "closed for now";
    int k;

    before_block = leave.now;
    /* Somebody was killed half-way. */
    if (before_block.state == MEMBER_LEAVING) {
        before_block.state = MEMBER_UP;
        before_block.reason[0] = 0;
    }
    k = become(1, MEMBER_BLOCKED, reason);
    if (k)
        return k;
    if (before_block.state == MEMBER_UP)
        leave_tell_waiters();
    return announce();
}

int leave_unblock(void)
{
    int k = back_to(&before_block);

    leave_unexpel();
    announce();
    return k;
}

int leave_load(void)
{
    before_load = leave.now;
    return become(1, MEMBER_LEAVING, leave.now.reason);
}

int leave_unload(void)
{
    return back_to(&before_load);
}

int leave_number(void)
{
    int k;

    before_number = leave.now;
    k = become(0, MEMBER_OFF, leave.now.reason);
    return k ? k : announce();
}

int leave_unnumber(void)
{
    int k = back_to(&before_number);

    announce();
    return k;
}

int leave_join(void)
{
    before_number = leave.now;
    /* Nobody is refused for a moment because somebody says again what is so. */
    if (leave.was_member && leave.now.state == MEMBER_UP)
        return 0;
    return become(1, MEMBER_BLOCKED, "about to be up");
}

int leave_open(void)
{
    int k;

    before_block = leave.now;
    k = become(1, MEMBER_UP, "");
    if (k == 0 && before_block.state != MEMBER_UP)
        leave_tell_guests();
    return k;
}

/* The steps that see people off. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "chain.h"
#include "console.h"
#include "dial.h"
#include "guests.h"
#include "leave.h"
#include "notice.h"
#include "say.h"
#include "wall.h"

enum { HOME = 15000, ASK = 500 /* milliseconds to be home, and to ask again */ };

static int told; /* people were told that the node leaves, or takes nobody */

static void tell_consoles(const char *text)
{
    if (console_wall(text))
        say_warn_errno("unable to tell who is at the consoles");
}

static void tell(const char *text)
{
    char line[WALL_TEXT + 8];

    snprintf(line, sizeof line, "wall %.*s", WALL_TEXT - 1, text);
    if (notice_all(text))
        say_warn_errno("unable to tell everybody");
    guests_tell(leave.now.node, line);
    tell_consoles(text);
}

void leave_tell_waiters(void)
{
    int k = notice_waiters(&leave.conf, &leave.now);

    if (k < 0)
        say_warn_errno("unable to tell those who wait for boards of the node");
    told |= k > 0;
}

/* What a node says still runs there of ours. */
static long has_ours(const struct survey_node *n)
{
    return n->how == SURVEY_SAID ? (long)(n->said.sessions + n->said.commands) : 0;
}

/* What is still running elsewhere, now that it has been called home again; or -1. */
static long abroad(void)
{
    long n = 0;

    if (leave_ask("bring"))
        return -1;
    for (unsigned i = 0; i < leave_lab.count; ++i)
        n += has_ours(&leave_lab.node[i]);
    return n;
}

static void warn_of_abroad(void)
{
    for (unsigned i = 0; i < leave_lab.count; ++i) {
        const struct survey_node *one = &leave_lab.node[i];

        if (has_ours(one))
            say_warn("%ld of ours still run on node %u", has_ours(one), one->number);
    }
}

unsigned leave_differing(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < leave_lab.count; ++i)
        if (leave_lab.node[i].how == SURVEY_DIFFERS) {
            say_warn("node %u differs: %s", leave_lab.node[i].number,
                     survey_why(&leave_lab.node[i]));
            ++n;
        }
    return n;
}

int leave_bring(void)
{
    long long deadline = dial_now() + HOME;
    char line[64];
    long n;

    if (guests_end(leave.now.node, GUESTS_AWAY, leave.now.reason))
        return leave_fails("have all clients of other nodes end");
    while ((n = abroad()) > 0) {
        if (!dial_left(deadline)) {
            warn_of_abroad();
            return SAY_SYSTEM;
        }
        snprintf(line, sizeof line, "%ld on other nodes; %d s to go", n,
                 dial_left(deadline) / 1000);
        chain_show(line);
        if (chain_poll(0, 0, dial_now() + ASK) < 0)
            return leave_fails("wait for what runs on other nodes");
    }
    return n < 0 ? leave_fails("ask the other nodes") : 0;
}

int leave_bring_all(void)
{
    int k = leave_bring();

    return k ? k : leave_differing() ? SAY_SYSTEM : 0;
}

/* Mounts last, for a host that stays after all: those that nobody uses need no time. */
static int wait_for_all(long long deadline)
{
    int k = guests_wait(leave.now.node, GUESTS_HERE & ~(1u << MEMBER_DUCT), deadline);

    if (k <= 0)
        return k;
    return guests_wait_unused(leave.now.node, GUESTS_HERE, deadline);
}

int leave_expel(void)
{
    long n = guests_count(leave.now.node, GUESTS_HERE, 0);
    char text[WALL_TEXT];
    int k = 0;

    if (n > 0 && leave.seconds) {
        snprintf(text, sizeof text, "node %u leaves in %u s: %s", leave.now.node,
                 leave.seconds, leave.now.reason);
        told = 1;
        tell(text);
        k = wait_for_all(dial_now() + leave.seconds * 1000LL);
    }
    if (n < 0 || k < 0)
        return leave_fails("wait for guests");
    if (n == 0 || k)
        return 0;
    snprintf(text, sizeof text, "node %u leaves: %s", leave.now.node, leave.now.reason);
    tell_consoles(text);
    return guests_end(leave.now.node, GUESTS_HERE, text)
               ? leave_fails("have all guests end")
               : 0;
}

int leave_unexpel(void)
{
    char text[WALL_TEXT];

    snprintf(text, sizeof text, "node %u stays", leave.now.node);
    if (told)
        tell(text);
    told = 0;
    return 0;
}

void leave_tell_guests(void)
{
    told |= guests_count(leave.now.node, GUESTS_HERE, 0) > 0;
    leave_unexpel();
}

int leave_wake(void)
{
    if (leave_ask("state") || notice_signal(SIGUSR2))
        say_warn_errno("unable to wake everybody");
    leave_differing();
    return 0;
}

/* Nobody comes any more, but somebody may have come after the last look. */
int leave_empty(void)
{
    long n = guests_count(leave.now.node, GUESTS_ALL, 0);

    if (n == 0)
        return 0;
    if (n < 0 || guests_end(leave.now.node, GUESTS_ALL, leave.now.reason))
        return leave_fails("see the node empty");
    return 0;
}

#include "leave.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "dial.h"
#include "map.h"
#include "marks.h"
#include "message.h"
#include "say.h"
#include "text.h"

enum { MOUNTING = 20000, AGAIN = 50 /* milliseconds; others', and to look again */ };

struct leave leave = {.conf.fd = -1, .seconds = LEAVE_SECONDS};

/* What the header said before each of the steps that change it. */
static struct member before_block, before_load, before_number;

struct survey leave_lab;

static struct roll change = {.fd = -1};

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

static int lock(void)
{
    struct passwd *p = getpwuid(getuid());
    char text[CONF_NAME + 64], who[ROLL_TEXT], *word[3];
    struct roll_entry other;
    long long deadline = dial_now() + MOUNTING;

    if (p)
        snprintf(text, sizeof text, "%s %.63s %ld", leave.verb, p->pw_name,
                 (long)getpid());
    else
        snprintf(text, sizeof text, "%s %lu %ld", leave.verb, (unsigned long)getuid(),
                 (long)getpid());
    for (;;) {
        if (member_change(&change, text, &other) == 0)
            return 0;
        if (errno != EAGAIN)
            return leave_fails("take the right to change the node");
        /* Who mounts is done soon. */
        if (strncmp(other.text, "mount ", 6) != 0 || dial_now() > deadline)
            break;
        if (chain_poll(0, 0, dial_now() + AGAIN) < 0)
            return leave_fails("take the right to change the node");
    }
    say_escape(who, sizeof who, other.text);
    message_split(who, word, 3);
    say_warn("%s changes it already: vlab-node %s, process %s", word[1], word[0],
             word[2]);
    return SAY_NO;
}

static void name_words(void)
{
    static char number[16];

    snprintf(number, sizeof number, "%u", leave.now.node);
    leave.word[0] = number;
    leave.word[1] = leave.verb;
    leave.word[2] = leave.reason ? leave.reason : "";
}

/* With the lock, is this host a member? Returns 0, or an exit code. */
static int look(int *is_member)
{
    int k = lock();

    if (k)
        return k;
    if (getuid() && map_count(&leave.conf) > 1)
        say_warn("the other nodes believe root alone, and do not hear of this");
    *is_member = member_self(&leave.now);
    return *is_member < 0 ? leave_fails("read the rolls node/N") : 0;
}

int leave_lock(void)
{
    int is_member, k = look(&is_member);

    if (k)
        return k;
    if (!is_member) {
        say_warn(map_count(&leave.conf)
                     ? "this host is not a member: vlab-node on makes it one"
                     : "this host is not a member: the config has no nodes");
        return SAY_NO;
    }
    name_words();
    return 0;
}

/* The number that the map or the caller gives us. */
static int find_number(void)
{
    char host[ROLL_HOST];
    unsigned guess = 0;
    struct map_node n;
    int found = member_guess(&leave.conf, &guess);

    if (found < 0)
        return leave_fails("find our addresses in the map");
    if (!leave.number && found != 1) {
        say_warn(found ? "%d nodes of the map have addresses of this host: say which it "
                         "is, with -p"
                       : "%d nodes of the map have an address of this host: see "
                         "vlab.conf(5), or say which it is, with -p",
                 found);
        return SAY_USAGE;
    }
    if (!leave.number)
        leave.number = guess;
    if (map_find(&leave.conf, leave.number, &n) != 1) {
        say_warn("there is no node %u in the map: vlab-node lists them", leave.number);
        return SAY_NO;
    }
    if (member_look(leave.number, &leave.now))
        return leave_fails("read the node's roll");
    roll_host(host);
    if (leave.now.is_member && strcmp(leave.now.host, host) != 0 &&
        !(found == 1 && guess == leave.number)) {
        say_warn("node %u is %s", leave.number, leave.now.host);
        return SAY_NO;
    }
    return 0;
}

int leave_lock_on(void)
{
    int is_member, k = look(&is_member);

    if (k)
        return k;
    if (is_member && leave.number && leave.number != leave.now.node) {
        say_warn("this host is node %u: vlab-node off first", leave.now.node);
        return SAY_NO;
    }
    leave.was_member = is_member;
    k = is_member ? 0 : find_number();
    name_words();
    return k;
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

/* The first step: the right to change the node, and which one it is. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "dial.h"
#include "leave.h"
#include "map.h"
#include "message.h"
#include "say.h"

enum { MOUNTING = 20000, AGAIN = 50 /* milliseconds; others', and to look again */ };

static struct roll change = {.fd = -1};

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

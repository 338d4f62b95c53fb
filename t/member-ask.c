/* member-ask: lib/member, for the tests.
       member-ask set N MEMBER STATE [REASON]   MEMBER: 1 or 0
       member-ask look N     member-ask self     member-ask guess
       member-ask join N KIND USER UID NODE TEXT   joins, says so, and stays until it
   reads the end of descriptor 0 member-ask guests N member-ask change TEXT the same with
   the right to change */
#include "member.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

static void print(const struct member *m)
{
    printf("%u %s %s %s%s%s\n", m->node, m->is_member ? "member" : "none",
           member_state_word(m->state), m->since ? "since" : "never",
           *m->reason ? " " : "", m->reason);
}

static void stay(void)
{
    char c;
    fflush(stdout);
    while (read(0, &c, 1) > 0)
        ;
}

static int fail(void)
{
    printf("%s\n", strerrorname_np(errno));
    return 1;
}

static int join(char **argv)
{
    struct member_guest g = {.uid = (uid_t)atoi(argv[3]),
                             .node = (unsigned)atoi(argv[4])};
    struct member m;
    struct roll r;
    while (strcmp(argv[1], member_kind_word(g.kind)) != 0)
        if (++g.kind == MEMBER_KINDS)
            say_usage();
    snprintf(g.user, sizeof g.user, "%s", argv[2]);
    g.text = argv[5];
    signal(SIGUSR1, SIG_IGN); /* who runs a command is told by it that there is a note */
    if (member_join(&r, (unsigned)atoi(argv[0]), &g, &m))
        return fail();
    puts("joined");
    stay();
    return 0;
}

static int guests(unsigned node)
{
    struct roll_entry e = {0};
    struct member_guest g;
    struct roll r;
    int k;
    if (member_open(&r, node, ROLL_READ))
        return fail();
    while ((k = roll_next(&r, &e)) == 1)
        if (member_guest(&e, &g))
            puts("?");
        else
            printf("%s %s %lu %u %s\n", member_kind_word(g.kind), g.user,
                   (unsigned long)g.uid, g.node, g.text);
    return k ? fail() : 0;
}

static int change(const char *text)
{
    struct roll_entry who;
    struct roll r;
    if (member_change(&r, text, &who)) {
        int k = fail();
        puts(who.text);
        return k;
    }
    puts("mine");
    stay();
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    unsigned node = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    struct member m = {.node = node, .since = time(0)};
    struct conf c;
    int k;
    say_name("member-ask", "member-ask WHAT [ARG...]");
    if (!strcmp(what, "set") && argc > 4) {
        m.is_member = atoi(argv[3]);
        m.state = (enum member_state)member_state_of(argv[4]);
        roll_host(m.host);
        snprintf(m.reason, sizeof m.reason, "%s", argc > 5 ? argv[5] : "");
        return member_set(&m) ? fail() : 0;
    }
    if (!strcmp(what, "look") && argc > 2) {
        if (member_look(node, &m))
            return fail();
        print(&m);
    } else if (!strcmp(what, "self")) {
        k = member_self(&m);
        if (k < 0)
            return fail();
        if (k)
            print(&m);
        else
            puts("none");
    } else if (!strcmp(what, "guess")) {
        if (conf_open(&c))
            say_die_errno("unable to open the config");
        k = member_guess(&c, &node);
        printf("%d %u\n", k, k > 0 ? node : 0);
    } else if (!strcmp(what, "join") && argc > 7)
        return join(argv + 2);
    else if (!strcmp(what, "guests"))
        return guests(node);
    else if (!strcmp(what, "change") && argc > 2)
        return change(argv[2]);
    else
        say_usage();
    return 0;
}

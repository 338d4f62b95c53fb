#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "chain.h"
#include "dial.h"
#include "door.h"
#include "leave.h"
#include "map.h"
#include "message.h"
#include "must.h"
#include "say.h"
#include "verb.h"

static const struct chain_step steps[] = {
    {"lock", "nobody else changes this node meanwhile", leave_lock_on, 0},
    {"number", "a node, blocked yet", leave_join, leave_unnumber},
    {"shutdown", "to leave when the host shuts down", leave_unshutdown,
     leave_shutdown_again},
    {"noblock", "sessions, commands and consoles may come", leave_open, leave_unblock},
    {"wake", "helpers and other nodes look again", leave_wake, 0}};

static const struct chain chain = {
    .step = steps, .steps = sizeof steps / sizeof *steps, .words = leave.word};

/* As setpe of openMosix did. */
static void print(void)
{
    struct map_node n = {0};

    printf("This is node #%u\n", leave.now.node);
    while (map_next(&leave.conf, &n) == 1) {
        printf("node %-5u  at %s", n.number, n.address[0]);
        if (n.port != MAP_DOOR)
            printf(" port %u", n.port);
        for (unsigned i = 1; i < n.addresses; ++i)
            printf(", %s", n.address[i]);
        putchar('\n');
    }
    printf("Total configured: %u\n", map_count(&leave.conf));
}

/* What others know of this node they hear from its door. */
static void try_door(void)
{
    char why[DOOR_LINE];
    int fd, k;

    k = door_open(leave.now.node, "state", dial_now() + DOOR_PATIENCE, &fd, 0, why);
    if (k == 1)
        close(fd);
    else
        say_warn("the other nodes see this one as down: its door does not answer: %s: "
                 "see vlab-door(8)",
                 k ? door_error(errno) : message_error(why, 0));
}

int verb_on(int argc, char **argv)
{
    struct owner owner;
    unsigned long number;
    int code;

    while (say_options(argc, argv, "p:") != -1)
        if (say_number(optarg, 1, MAP_LAST, &number))
            say_die(SAY_USAGE, "-p %s: not a number of a node, 1 to %d", optarg,
                    MAP_LAST);
        else
            leave.number = (unsigned)number;
    if (optind != argc)
        say_usage();
    leave.verb = "on";
    must_own(&owner);
    must_conf(&leave.conf);
    if (!map_count(&leave.conf))
        say_die(SAY_NO, "the config has no nodes: see vlab.conf(5)");
    code = chain_run(&chain);
    if (code)
        return code;
    print();
    if (fflush(stdout))
        say_die_errno("unable to print");
    try_door();
    return SAY_DONE;
}

#include <stdio.h>

#include "chain.h"
#include "guests.h"
#include "leave.h"
#include "must.h"
#include "say.h"
#include "verb.h"

static const struct chain_step steps[] = {
    {"lock", "nobody else changes this node meanwhile", leave_lock, 0},
    {"block", "no new session, command or console", leave_block, leave_unblock},
    {"bring", "what is ours on other nodes is called home", leave_bring, 0},
    {"expel", "guests are told, and told to end", leave_expel, leave_unexpel},
    {"load", "no load is published", leave_load, leave_unload},
    {"wake", "helpers and other nodes look again", leave_wake, 0},
    {"empty", "nobody is left", leave_empty, 0},
    {"shutdown", "nothing to be done when the host shuts down", leave_shutdown,
     leave_unshutdown},
    {"ducts", "other nodes are unmounted", leave_ducts, leave_unducts},
    {"number", "no node any more", leave_number, leave_unnumber}};

static const struct chain chain = {
    .step = steps, .steps = sizeof steps / sizeof *steps, .words = leave.word};

/* What stands in the way. */
static int in_the_way(void)
{
    struct member self;
    long n;
    int k = member_self(&self);

    if (k == 0)
        say_die(SAY_NO, "this host is not a member: vlab-node on makes it one");
    n = k < 0 ? -1 : guests_count(self.node, GUESTS_ALL, stdout);
    /* A mount is in the way only while it is used, which nobody but its duct knows. */
    if (n >= 0)
        n = guests_count(self.node, GUESTS_ALL & ~(1u << MEMBER_DUCT), 0);
    if (n < 0)
        say_die_errno("unable to read the node's roll");
    if (fflush(stdout))
        say_die_errno("unable to print");
    return n ? SAY_NO : SAY_DONE;
}

int verb_off(int argc, char **argv)
{
    struct owner owner;
    int c, dry = 0, code;

    while ((c = say_options(argc, argv, "fm:nt:")) != -1)
        if (c == 'f')
            leave.seconds = 0;
        else if (c == 'n')
            dry = 1;
        else if (c == 'm')
            leave_take_reason(optarg);
        else
            leave_take_seconds(optarg);
    if (optind != argc)
        say_usage();
    leave.verb = "off";
    must_own(&owner);
    must_conf(&leave.conf);
    if (dry)
        return in_the_way();
    code = chain_run(&chain);
    if (code && code != SAY_NO && leave.now.node)
        say_warn("node %u does not leave", leave.now.node);
    return code;
}

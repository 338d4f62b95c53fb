/* block, noblock, expel and bring: single steps of off. */
#include "chain.h"
#include "leave.h"
#include "must.h"
#include "say.h"
#include "verb.h"

#define LOCK                                                                             \
    {                                                                                    \
        "lock", "nobody else changes this node meanwhile", leave_lock, 0                 \
    }
#define BLOCK                                                                            \
    {                                                                                    \
        "block", "no new session, command or console", leave_block, leave_unblock        \
    }

static const struct chain_step block[] = {LOCK, BLOCK};
static const struct chain_step noblock[] = {
    LOCK,
    {"noblock", "sessions, commands and consoles may come", leave_open, leave_unblock},
    {"wake", "helpers and other nodes look again", leave_wake, 0}};
static const struct chain_step expel[] = {
    LOCK, BLOCK, {"expel", "guests are told, and told to end", leave_expel, 0}};
static const struct chain_step bring[] = {
    LOCK,
    BLOCK,
    {"bring", "what is ours on other nodes is called home", leave_bring_all, 0}};

#define STEPS(array)                                                                     \
    .step = array, .steps = sizeof array / sizeof *array, .words = leave.word

/* Who gives up waiting still has it blocked. */
static const struct chain block_chain = {STEPS(block)}, noblock_chain = {STEPS(noblock)},
                          expel_chain = {STEPS(expel), .kept = 2},
                          bring_chain = {STEPS(bring), .kept = 2};

static int take(const char *verb, const struct chain *chain)
{
    struct owner owner;
    int code;

    leave.verb = verb;
    must_own(&owner);
    must_conf(&leave.conf);
    code = chain_run(chain);
    if (code && chain->kept && leave.now.state == MEMBER_BLOCKED)
        say_warn("node %u stays blocked: vlab-node noblock opens it", leave.now.node);
    return code;
}

static void no_options(int argc, char **argv)
{
    while (say_options(argc, argv, "") != -1)
        ;
    if (optind != argc)
        say_usage();
}

int verb_block(int argc, char **argv)
{
    int code;

    while (say_options(argc, argv, "m:") != -1)
        leave_take_reason(optarg);
    if (optind != argc)
        say_usage();
    code = take("block", &block_chain);
    leave_differing();
    return code;
}

int verb_noblock(int argc, char **argv)
{
    no_options(argc, argv);
    return take("noblock", &noblock_chain);
}

int verb_expel(int argc, char **argv)
{
    int c;

    while ((c = say_options(argc, argv, "fm:t:")) != -1)
        if (c == 'f')
            leave.seconds = 0;
        else if (c == 'm')
            leave_take_reason(optarg);
        else
            leave_take_seconds(optarg);
    if (optind != argc)
        say_usage();
    return take("expel", &expel_chain);
}

int verb_bring(int argc, char **argv)
{
    no_options(argc, argv);
    return take("bring", &bring_chain);
}

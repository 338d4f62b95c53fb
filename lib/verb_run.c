/* A command on a node, or on many: vlab-run is started for each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chorus.h"
#include "must.h"
#include "say.h"
#include "survey.h"
#include "verb.h"

static const char *launcher = "node";

/* What vlab-run is called with, but for the node: static storage. */
enum { PROGRAM, OPTION, WHERE, LAUNCHER, WORDS };

static char **words_of(char **words)
{
    static char run[] = "vlab-run", h[] = "-h", name[CONF_NAME];
    size_t n = 0;
    char **all;
    while (words[n])
        n++;
    all = calloc(WORDS + n + 1, sizeof *all);
    if (!all)
        say_die_errno("unable to run %s", run);
    snprintf(name, sizeof name, "%s", launcher);
    all[PROGRAM] = run;
    all[OPTION] = h;
    all[LAUNCHER] = name;
    memcpy(all + WORDS, words, n * sizeof *all);
    return all;
}

static int run_on(unsigned node, char **words)
{
    char where[24], **all = words_of(words);
    snprintf(where, sizeof where, "node:%u", node);
    all[WHERE] = where;
    execvp(all[PROGRAM], all);
    say_die_errno("unable to run %s", all[PROGRAM]);
}

static int less(const struct survey_node *a, const struct survey_node *b)
{
    return a->said.load != b->said.load ? a->said.load < b->said.load
                                        : a->said.commands < b->said.commands;
}

static int run_least(const struct survey *s, char **words)
{
    const struct survey_node *least = 0;
    for (unsigned i = 0; i < s->count; i++)
        if (survey_is_up(&s->node[i]) && (!least || less(&s->node[i], least)))
            least = &s->node[i];
    if (!least)
        say_die(SAY_NO, "no node is up");
    return run_on(least->number, words);
}

/* Those that are no members are none of all; where others are not up, the command has not
   run everywhere. */
static int run_all(const struct survey *s, char **words)
{
    struct chorus c = {.words = words_of(words), .at = WHERE};
    int worst = SAY_DONE, code;
    for (unsigned i = 0; i < s->count; i++) {
        const struct survey_node *n = &s->node[i];
        if (survey_is_up(n)) {
            if (chorus_add(&c, n->number))
                say_die_errno("unable to run anything on node %u", n->number);
        } else if (n->how != SURVEY_SAID || n->said.state != MEMBER_OFF) {
            verb_left_out(n);
            worst = SAY_NO;
        }
    }
    if (!c.count)
        say_die(SAY_NO, "no node is up");
    if (chorus_sing(&c, &code))
        say_die_errno("unable to wait for the nodes");
    return code > worst ? code : worst;
}

int verb_run(int argc, char **argv)
{
    unsigned long number = 0;
    struct map_node n;
    struct survey s;
    struct conf c;
    int all, least, k;
    while (say_options(argc, argv, "l:") != -1)
        launcher = optarg;
    argv += optind;
    if (argc - optind < 2)
        say_usage();
    if (!conf_is_name(launcher))
        say_die(SAY_USAGE, "-l %s is no name of a launcher", launcher);
    all = strcmp(argv[0], "all") == 0;
    least = strcmp(argv[0], "least") == 0;
    if (!all && !least && say_number(argv[0], 1, MAP_LAST, &number))
        say_die(SAY_USAGE, "%s is no number of a node, nor all, nor least", argv[0]);
    must_conf(&c);
    if (!map_count(&c))
        say_die(SAY_NO, "the config has no nodes: see vlab.conf(5)");
    if (!all && !least) {
        k = map_find(&c, (unsigned)number, &n);
        if (k != 1)
            say_die(k ? SAY_SYSTEM : SAY_NO, "there is no node %lu: vlab-node lists them",
                    number);
        return run_on(n.number, argv + 1);
    }
    if (survey(&s, &c, "state"))
        say_die_errno("unable to ask the nodes");
    return least ? run_least(&s, argv + 1) : run_all(&s, argv + 1);
}

/* The table of all nodes. */
#include <stdio.h>
#include <string.h>

#include "must.h"
#include "say.h"
#include "survey.h"
#include "verb.h"

/* The number of this host: what it is a member as, or would be. 0: none. */
static unsigned own(struct conf *c)
{
    struct door_said self;
    unsigned node;
    if (door_self(&self, c) == 0 && self.number)
        return self.number;
    return member_guess(c, &node) == 1 ? node : 0;
}

static void print(const struct survey *s, unsigned us)
{
    int wide = 4;
    for (unsigned i = 0; i < s->count; i++)
        if (wide < (int)strlen(s->node[i].host))
            wide = (int)strlen(s->node[i].host);
    printf("  node  %-*s  %-8s sessions commands    load\n", wide, "host", "state");
    for (unsigned i = 0; i < s->count; i++) {
        const struct survey_node *n = &s->node[i];
        printf("%c%5u  %-*s  %-8s", n->number == us ? '*' : ' ', n->number, wide, n->host,
               survey_word(n));
        if (n->how == SURVEY_SAID)
            printf(" %8lu %8lu %4lu.%02lu", n->said.sessions, n->said.commands,
                   n->said.load / 100, n->said.load % 100);
        else
            printf(" %8s %8s %7s", "-", "-", "-");
        printf("%s%s\n", *survey_why(n) ? "  " : "", survey_why(n));
    }
}

static void print_json(const struct survey *s, unsigned us)
{
    char text[4 * MEMBER_REASON + 1];
    printf("{\"nodes\":[");
    for (unsigned i = 0; i < s->count; i++) {
        const struct survey_node *n = &s->node[i];
        printf("%s{\"number\":%u,\"host\":\"%s\",\"state\":\"%s\",\"own\":%s",
               i ? "," : "", n->number, n->host, survey_word(n),
               n->number == us ? "true" : "false");
        if (n->how == SURVEY_SAID)
            printf(",\"since\":%lld,\"sessions\":%lu,\"commands\":%lu,"
                   "\"load\":%lu.%02lu",
                   n->said.since, n->said.sessions, n->said.commands, n->said.load / 100,
                   n->said.load % 100);
        printf(",\"reason\":\"%s\"}", say_escape(text, sizeof text, survey_why(n)));
    }
    puts("]}");
}

int verb_list(int json)
{
    struct survey s;
    struct conf c;
    must_conf(&c);
    if (!map_count(&c))
        say_die(SAY_NO, "the config has no nodes: see vlab.conf(5)");
    if (survey(&s, &c, "state"))
        say_die_errno("unable to ask the nodes");
    if (json)
        print_json(&s, own(&c));
    else
        print(&s, own(&c));
    survey_free(&s);
    if (fflush(stdout) || ferror(stdout))
        say_die_errno("unable to print the table");
    return SAY_DONE;
}

void verb_left_out(const struct survey_node *n)
{
    const char *why = survey_why(n);
    say_warn("node %u %s%s, and is left out%s%s", n->number,
             n->how == SURVEY_DIFFERS ? "" : "is ", survey_word(n), *why ? ": " : "",
             why);
}

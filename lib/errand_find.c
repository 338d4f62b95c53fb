/* What is asked for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "errand.h"
#include "guest.h"
#include "say.h"

enum message_code errand_find(struct errand *e, const struct roster *all,
                              const char *name)
{
    int may = -1;
    errno = ENOENT;
    if (roster_serves(all, name) && conf_is_name(name))
        may = conf_may(all->conf, e->caller.uid, "launch", name);
    if (may == 0)
        return MESSAGE_PERMISSION;
    if (may < 0 && errno == ENOENT)
        return MESSAGE_UNKNOWNLAUNCHER;
    if (may < 0 || launcher_read(&e->launcher, all->conf, name) != 1)
        return MESSAGE_CONFIG;
    return MESSAGE_NONE;
}

/* Returns as errand_prepare. */
static enum message_code make_words(struct errand *e, const struct wordlist *l,
                                    const char **why)
{
    int n = 0;
    *why = "there may be " WORDLIST_LIMIT;
    if (l->too_much || l->open)
        return MESSAGE_BADSIZE;
    *why = 0;
    if (*e->launcher.command)
        n = words_split(e->launcher.command, "", 0, e->room, sizeof e->room, e->argv);
    if (n < 0)
        return MESSAGE_CONFIG;
    for (unsigned i = 0; i <= l->count; i++)
        e->argv[n + (int)i] = l->word[i];
    *why = "there is no command to run";
    return e->argv[0] ? MESSAGE_NONE : MESSAGE_COMMAND;
}

/* Whoever has a command run where this host is a node stands on its roll. */
static enum message_code use_node(const struct errand *e, const char **why)
{
    char text[2 * CONF_WORD];
    struct member_guest g = {
        .kind = MEMBER_RUN, .uid = e->caller.uid, .node = e->node, .text = text};
    struct member m;
    if (!g.node && member_self(&m) == 0)
        return MESSAGE_NONE;
    snprintf(text, sizeof text, "%s: %.255s", e->launcher.name, e->argv[0]);
    for (char *t = text; *t; t++)
        if (*t < ' ' || *t > '~')
            *t = '?';
    strcpy(g.user, e->caller.name);
    if (guest_listen()) {
        say_warn_errno("unable to set up signals");
        return MESSAGE_CONFIG;
    }
    return guest_join(&g, why);
}

enum message_code errand_prepare(struct errand *e, const struct wordlist *l,
                                 const char **why)
{
    enum message_code code = make_words(e, l, why);
    if (code != MESSAGE_NONE)
        return code;
    if (caller_find(&e->caller) == 0)
        return use_node(e, why);
    code = errno == ENOENT ? MESSAGE_PERMISSION : MESSAGE_CONFIG;
    *why = caller_error(errno);
    say_warn_errno("uid %lu", (unsigned long)e->caller.uid);
    return code;
}

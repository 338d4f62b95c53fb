/* What is asked for. */
#include <errno.h>

#include "errand.h"

enum message_code errand_find(struct errand *e, const struct roster *all,
                              const char *name)
{
    int may = -1;
    errno = ENOENT;
    if (all->conf->fd >= 0 && roster_serves(all, name) && conf_is_name(name))
        may = conf_may(all->conf, e->caller.uid, "launch", name);
    if (may == 0)
        return MESSAGE_PERMISSION;
    if (may < 0 && errno == ENOENT)
        return MESSAGE_UNKNOWNLAUNCHER;
    if (may < 0 || launcher_read(&e->launcher, all->conf, name) != 1)
        return MESSAGE_CONFIG;
    return MESSAGE_NONE;
}

enum message_code errand_words(struct errand *e, const struct wordlist *l)
{
    int n = 0;
    if (l->too_much || l->open)
        return MESSAGE_BADSIZE;
    if (*e->launcher.command)
        n = words_split(e->launcher.command, "", 0, e->room, sizeof e->room, e->argv);
    if (n < 0)
        return MESSAGE_CONFIG;
    for (unsigned i = 0; i <= l->count; i++)
        e->argv[n + (int)i] = l->word[i];
    return e->argv[0] ? MESSAGE_NONE : MESSAGE_COMMAND;
}

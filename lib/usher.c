#include "usher.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "conf.h"
#include "say.h"

enum { NOT, HIMSELF, ANYBODY };

/* May the process at the other end speak for the user? */
static int speaks(int fd, unsigned long uid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
        return NOT;
    return console_speaks(peer.uid) ? ANYBODY : peer.uid == uid ? HIMSELF : NOT;
}

/* By the config as it is now. */
static int may_watch(const struct usher *u, unsigned long uid)
{
    struct conf c;
    int may;
    if (!u->pool || conf_open(&c))
        return 0;
    may = conf_may(&c, (uid_t)uid, "pool", u->pool) == 1;
    conf_close(&c);
    return may;
}

enum message_code usher_hear(const struct usher *u, int fd, char *line,
                             struct usher_wish *w, const char **why)
{
    unsigned long uid;
    char *word[5];
    int may;
    w->wall = strncmp(line, "wall ", 5) == 0 ? line + 5 : 0;
    w->attach = 0;
    *why = "only root and the owner of the state directory speak to all";
    if (w->wall)
        return speaks(fd, 0) == ANYBODY ? MESSAGE_NONE : MESSAGE_PERMISSION;
    message_split(line, word, 5);
    w->attach = message_is(word[0], "attach");
    if (!w->attach) {
        *why = "a console knows attach, list and wall";
        return message_is(word[0], "list") ? MESSAGE_NONE : MESSAGE_COMMAND;
    }
    *why = "usage: attach UID ROWS COLUMNS NAME";
    if (say_number(word[1], 0, (uid_t)-2, &uid) ||
        say_number(word[2], 0, USHER_LARGEST, &w->rows) ||
        say_number(word[3], 0, USHER_LARGEST, &w->columns) || !*word[4])
        return MESSAGE_COMMAND;
    *why = "you are somebody else";
    may = speaks(fd, uid);
    if (may == NOT)
        return MESSAGE_PERMISSION;
    if (may == ANYBODY)
        snprintf(w->who, sizeof w->who, "%s", word[4]);
    else
        console_name((uid_t)uid, w->who);
    w->writes = !uid || uid == u->owner;
    *why = "this console is somebody else's";
    return w->writes || may_watch(u, uid) ? MESSAGE_NONE : MESSAGE_PERMISSION;
}

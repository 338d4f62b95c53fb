#include "passage.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console.h"
#include "dial.h"
#include "guest.h"
#include "linger.h"
#include "message.h"
#include "pump.h"
#include "say.h"
#include "who.h"
#include "whose.h"

enum {
    LINGER = 5000, /* milliseconds he may take to hang up after the end */
    UNSENT = 16384 /* bytes: what TCP keeps of what he has no room for yet */
};

static struct pump up, down;

static int refuse(enum message_code code, const char *why)
{
    message_send(1, "error %s %s", message_code(code), why);
    return -1;
}

static void tell(unsigned long number, uid_t owner, const char *said)
{
    char name[WHO_NAME];
    who_user(owner, name);
    message_send(1, "%lu %s %s", number, name, said);
}

static int ready(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0;
}

/* He is to go: what the console has said already is the last that he hears. */
static void on_term(int sig)
{
    int saved = errno;
    (void)sig;
    shutdown(down.from, SHUT_RD);
    errno = saved;
}

/* Until either end leaves: then the other one's connection is closed with this process,
   his when he has got all, though he may have typed more than was read. */
static int pass(int fd)
{
    int moved = 1, hears = 1, unsent = UNSENT, k;
    pump_open(&up, 0, fd, -1, "", 0);
    pump_open(&down, fd, 1, -1, "", 0);
    if (ready(0) || ready(1) || ready(fd) || signal(SIGTERM, on_term) == SIG_ERR)
        return -1;
    /* The console is to see that he takes something though he reads slowly. */
    setsockopt(1, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    while (moved > 0) {
        struct pollfd p[] = {hears ? pump_wants(&up) : (struct pollfd){.fd = -1},
                             pump_wants(&down)};
        if (poll(p, 2, -1) < 0)
            continue;
        if (p[1].revents)
            moved = pump_move(&down);
        if (!p[0].revents || moved <= 0)
            continue;
        k = pump_move(&up);
        if (k < 0)
            hears = 0; /* but there may be something to say still */
        else
            moved = k;
    }
    close(fd);
    linger(0, 1, dial_now() + LINGER, 0);
    return 0;
}

static int attach(struct peer *peer, unsigned node, const char *number)
{
    struct member_guest g = {.kind = MEMBER_CONSOLE, .node = node, .text = number};
    char line[CONSOLE_LINE], *word[5];
    enum message_code code;
    const char *why;
    unsigned long n, uid;
    uid_t owner;
    int fd;
    if (console_hear(0, line, dial_now() + CONSOLE_PATIENCE))
        return -1;
    message_split(line, word, 5);
    if (say_number(number, 0, CONSOLE_LAST, &n) || !message_is(word[0], "attach") ||
        say_number(word[1], 0, (uid_t)-2, &uid))
        return refuse(MESSAGE_COMMAND, "usage: attach UID ROWS COLUMNS NAME");
    /* Then PEER_TRUSTED is root there: no address is trusted here, for any user could
       name anybody from it. */
    whose_ask(peer, node, 0);
    if (peer->how != PEER_TRUSTED && (peer->how != PEER_KNOWN || peer->uid != uid))
        return refuse(MESSAGE_PERMISSION, "you are somebody else");
    who_user((uid_t)uid, g.user);
    g.uid = (uid_t)uid;
    code = guest_join(&g, &why);
    if (code != MESSAGE_NONE)
        return refuse(code, why);
    fd = console_reach(n, &owner, dial_now() + CONSOLE_PATIENCE);
    if (fd < 0)
        return refuse(MESSAGE_UNAVAILABLE,
                      "there is no such console: vlab-console -l lists them");
    /* Who types there is root here, and nobody is that from another host. */
    if (!owner && !peer->here)
        return refuse(MESSAGE_PERMISSION, "root's consoles are for its own host");
    if (message_send(1, "owner %lu", (unsigned long)owner))
        return -1;
    if (message_send(fd, "attach %lu %.8s %.8s %s@%u", uid, word[2], word[3], g.user,
                     node))
        return refuse(MESSAGE_UNAVAILABLE, "this console has just ended");
    return pass(fd);
}

int passage_serve(struct peer *peer, unsigned node)
{
    char line[CONSOLE_LINE], *word[2];
    if (console_hear(0, line, dial_now() + CONSOLE_PATIENCE))
        return -1;
    message_split(line, word, 2);
    if (message_is(word[0], "list"))
        return console_list(tell);
    if (message_is(word[0], "to"))
        return attach(peer, node, word[1]);
    return refuse(MESSAGE_COMMAND, "a door to consoles knows list and to");
}

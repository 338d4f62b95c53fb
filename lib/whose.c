#include "whose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "door.h"
#include "message.h"
#include "say.h"

enum { LINE = 256 };

/* Returns 1 and *uid, 0 when he does not know, -1 and errno. */
static int ask(const struct peer *p, const struct peer_end *self, int door, uid_t *uid,
               long long deadline)
{
    char line[LINE], *word[2];
    unsigned long n;
    if (message_send(door, "%s %u %s %u", p->from, p->port, self->ip, self->port) ||
        dial_line(door, line, LINE, deadline))
        return -1;
    if (message_split(line, word, 2) && message_is(word[0], "error"))
        return 0;
    if (!message_is(word[0], "uid") || say_number(word[1], 0, (uid_t)-2, &n)) {
        errno = EPROTO;
        return -1;
    }
    *uid = (uid_t)n;
    return 1;
}

void whose_ask(struct peer *p, unsigned node, int fd)
{
    long long deadline = dial_now() + WHOSE_PATIENCE;
    char why[DOOR_LINE];
    struct peer_end self;
    uid_t uid;
    int door, k = -1;
    if (peer_self(fd, &self) == 0)
        k = door_open(node, "whose", deadline, &door, 0, why);
    if (k == 1) {
        k = ask(p, &self, door, &uid, deadline);
        close(door);
    } else if (k == 0)
        say_warn("node %u does not say whose connections are: %s", node, why);
    if (k < 0)
        say_warn_errno("unable to ask node %u whose a connection is", node);
    if (k != 1)
        return;
    p->uid = uid;
    p->how = uid ? PEER_KNOWN : PEER_TRUSTED;
}

/* Is it an address of the node? Of one that is known by a name, the one he comes from. */
static int is_his(struct conf *c, const struct map_node *from, const char *ip,
                  const char *to)
{
    struct map_node n;
    return strcmp(to, ip) == 0 || (map_of(c, to, &n) == 1 && n.number == from->number);
}

int whose_answer(struct conf *c, const struct map_node *from, const char *ip)
{
    enum { FROM, FROM_PORT, TO, TO_PORT, WORDS };
    char line[LINE], *word[WORDS];
    unsigned long from_port, to_port;
    struct peer_end ours, theirs;
    uid_t uid;
    if (dial_line(0, line, LINE, dial_now() + WHOSE_PATIENCE) ||
        message_split(line, word, WORDS) != WORDS ||
        say_number(word[FROM_PORT], 1, 65535, &from_port) ||
        say_number(word[TO_PORT], 1, 65535, &to_port))
        return -1;
    if (!is_his(c, from, ip, word[TO]))
        return message_send(1, "error permission this is no connection to you");
    snprintf(ours.ip, sizeof ours.ip, "%s", word[FROM]);
    snprintf(theirs.ip, sizeof theirs.ip, "%s", word[TO]);
    ours.port = (unsigned)from_port;
    theirs.port = (unsigned)to_port;
    if (!peer_owner(&ours, &theirs, &uid))
        return message_send(1, "error unknown nobody has this connection");
    return message_send(1, "uid %lu", (unsigned long)uid);
}

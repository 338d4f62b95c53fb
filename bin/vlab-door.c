/* The helper for one connection from another node: one line each way, and then what was
   asked for. Who is there is a matter of his address alone, and of the map. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"
#include "dial.h"
#include "offer.h"
#include "origin.h"
#include "owner.h"
#include "reserved.h"
#include "say.h"
#include "tidy.h"

enum { HEAR = 10000 /* milliseconds in which the line has to be there */ };

static struct offer o = {.conf = {.fd = -1}, .to_syslog = 1};

/* His line, DOOR_LINE bytes of it, without the newline. */
static void hear(char *line)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    long long deadline = dial_now() + HEAR;
    size_t have = 0;
    char *end = 0;
    while (!end) {
        ssize_t n;
        if (have == DOOR_LINE)
            offer_refuse(MESSAGE_COMMAND, "this line is too long");
        n = poll(&p, 1, dial_left(deadline));
        if (n == 0)
            offer_refuse(MESSAGE_TIMEOUT, 0);
        if (n > 0)
            n = read(0, line + have, DOOR_LINE - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            exit(SAY_DONE);
        end = memchr(line + have, '\n', (size_t)n);
        have += (size_t)n;
    }
    if (end + 1 != line + have)
        offer_refuse(MESSAGE_COMMAND, "nothing more may be said before the answer");
    *end = 0;
    if (end > line && end[-1] == '\r')
        end[-1] = 0;
}

static void find_out_who(void)
{
    char text[128];
    int k = origin_find(&o.conf, o.peer.from, o.asker.number, &o.from);
    if (k < 0)
        offer_refuse(MESSAGE_CONFIG, 0);
    if (k == 0) {
        say_warn("refused a connection from %s: no node of the map has this address",
                 o.peer.from);
        snprintf(text, sizeof text, "%s is no address of a node", o.peer.from);
        offer_refuse(MESSAGE_PERMISSION, text);
    }
    if (o.asker.number && o.asker.number != o.from.number) {
        say_warn("refused a connection from %s: it is node %u, and claims to be node %u",
                 o.peer.from, o.from.number, o.asker.number);
        snprintf(text, sizeof text, "%s is node %u", o.peer.from, o.from.number);
        offer_refuse(MESSAGE_PERMISSION, text);
    }
    o.believed = reserved_is(o.peer.port) && strcmp(o.asker.hash, o.self.hash) == 0;
}

int main(int argc, char **argv)
{
    struct owner owner;
    char line[DOOR_LINE], *verb;
    say_name("vlab-door", "vlab-door [-e]\n\n"
                          "Serve one connection from another node; see vlab-door(8).");
    while (say_options(argc, argv, "e") != -1)
        o.to_syslog = 0;
    if (argc != optind)
        say_usage();
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (o.to_syslog)
        say_to_syslog();
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        say_die_errno("unable to set up signals");
    if (geteuid() == 0 && (owner_find(&owner) || owner_files(&owner)))
        say_die_errno("unable to use files as the owner of %s", roll_state());
    if (peer_identify(&o.peer, 0, &o.conf))
        return SAY_DONE;
    hear(line);
    if (conf_open(&o.conf))
        offer_refuse(MESSAGE_CONFIG, conf_error(errno));
    if (door_asked(line, &verb, &o.asker))
        offer_refuse(MESSAGE_COMMAND, "usage: VERB HASH VERSION NUMBER STATE [REASON]");
    peer_alive(0, conf_setting(&o.conf, CONF_ALIVE));
    if (door_self(&o.self, &o.conf))
        offer_refuse(MESSAGE_CONFIG, "this node cannot use its rolls");
    find_out_who();
    if (o.believed && announce(&o.conf, o.from.number, o.peer.from, &o.asker))
        say_warn_errno("unable to take down what node %u says of itself", o.from.number);
    offer(&o, verb);
    return SAY_DONE;
}

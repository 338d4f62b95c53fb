/* The helper for one connection from another node: one line each way, and then what was
   asked for. Who is there is a matter of his address alone, and of the map. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "announce.h"
#include "dial.h"
#include "guest.h"
#include "message.h"
#include "origin.h"
#include "owner.h"
#include "passage.h"
#include "say.h"
#include "tidy.h"
#include "whose.h"

enum {
    HEAR = 10000,   /* milliseconds in which the line has to be there */
    LINGER = 2000,  /* he may take to hang up after an error */
    RESERVED = 1024 /* ports below can be used by root alone */
};

static int to_syslog = 1;
static struct conf conf = {.fd = -1};
static struct peer peer;
static struct map_node from; /* the node that asks, */
static struct door_said asker, self;
static int believed; /* and does its root say what it says of itself? */

/* He gets to read it although he may have said more than we have heard. */
static void __attribute__((noreturn)) refuse(enum message_code code, const char *text)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    long long deadline = dial_now() + LINGER;
    char rest[4096];
    message_send(1, "error %s %s", message_code(code), text ? text : message_text(code));
    shutdown(1, SHUT_WR);
    while (poll(&p, 1, dial_left(deadline)) > 0 && read(0, rest, sizeof rest) > 0)
        ;
    exit(SAY_NO);
}

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
            refuse(MESSAGE_COMMAND, "this line is too long");
        if (poll(&p, 1, dial_left(deadline)) == 0)
            refuse(MESSAGE_TIMEOUT, 0);
        n = read(0, line + have, DOOR_LINE - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            exit(SAY_DONE);
        end = memchr(line + have, '\n', (size_t)n);
        have += (size_t)n;
    }
    if (end + 1 != line + have)
        refuse(MESSAGE_COMMAND, "nothing more may be said before the answer");
    *end = 0;
    if (end > line && end[-1] == '\r')
        end[-1] = 0;
}

static void find_out_who(void)
{
    char text[128];
    int k = origin_find(&conf, peer.from, asker.number, &from);
    if (k < 0)
        refuse(MESSAGE_CONFIG, 0);
    if (k == 0) {
        say_warn("refused a connection from %s: no node of the map has this address",
                 peer.from);
        snprintf(text, sizeof text, "%s is no address of a node", peer.from);
        refuse(MESSAGE_PERMISSION, text);
    }
    if (asker.number && asker.number != from.number) {
        say_warn("refused a connection from %s: it is node %u, and claims to be node %u",
                 peer.from, from.number, asker.number);
        snprintf(text, sizeof text, "%s is node %u", peer.from, from.number);
        refuse(MESSAGE_PERMISSION, text);
    }
    believed = peer.port < RESERVED && strcmp(asker.hash, self.hash) == 0;
}

/* How many use this node, of them all or of one node; and with a signal, tell these. */
static void count(unsigned node, int sig)
{
    struct roll_entry e = {0};
    struct member_guest g;
    struct roll r;
    int fd;
    self.sessions = self.commands = 0;
    if (!self.number || member_open(&r, self.number, ROLL_READ))
        return;
    while (roll_next(&r, &e) == 1) {
        if (member_guest(&e, &g) || g.kind == MEMBER_AWAY || (node && g.node != node))
            continue;
        if (g.kind == MEMBER_RUN)
            self.commands++;
        else
            self.sessions++;
        if (!sig)
            continue;
        fd = roll_signal(&r, &e, sig);
        if (fd >= 0)
            close(fd);
        else if (errno != ESRCH)
            say_warn_errno("unable to end what %s of node %u does here, pid %ld", g.user,
                           g.node, (long)e.pid);
    }
    roll_close(&r);
}

static unsigned long load(void)
{
    double average = 0;
    FILE *f = fopen("/proc/loadavg", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%lf", &average) != 1)
        average = 0;
    fclose(f);
    return (unsigned long)(average * 100 + 0.5);
}

static void answer(void)
{
    char line[DOOR_LINE];
    self.load = self.state == MEMBER_LEAVING ? 0 : load();
    if (message_write(1, line, door_answer(line, &self)))
        exit(SAY_DONE);
}

static void do_state(void)
{
    count(0, 0);
    answer();
}

/* The users of the node that asks are called home: nothing of theirs may run here. */
static void do_bring(void)
{
    if (!believed)
        refuse(MESSAGE_PERMISSION, "only root of a node may call its users home");
    count(from.number, SIGTERM);
    answer();
}

/* vlab-launch sees to it that it is on our roll. */
static void do_run(void)
{
    char node[16], name[] = "vlab-launch", e[] = "-e", n[] = "-n";
    char *words[] = {name, n, node, to_syslog ? 0 : e, 0};
    snprintf(node, sizeof node, "%u", from.number);
    answer();
    conf_close(&conf);
    execvp(name, words);
    say_die_errno("unable to run %s", name);
}

/* Whose is a connection from here to the node that asks? */
static void do_whose(void)
{
    answer();
    if (whose_answer(&conf, &from, peer.from))
        exit(SAY_NO);
}

static void do_console(void)
{
    answer();
    conf_close(&conf);
    if (passage_serve(&peer, from.number))
        exit(SAY_NO);
}

/* A mount there speaks for all users there, so root there has to ask for it. */
static void only_root(void)
{
    struct peer p = peer;
    if (!p.here) {
        p.how = PEER_STRANGER;
        whose_ask(&p, from.number, 0);
    }
    if (p.how != PEER_TRUSTED && (p.how != PEER_KNOWN || p.uid != 0))
        refuse(MESSAGE_PERMISSION, "only root mounts the devices of a node");
}

/* The devices that the map lets others open: of what it does not name, none. */
static void do_duct(void)
{
    static char pattern[MAP_DEVICES][CONF_WORD];
    enum { OPTIONS = 8 };
    char name[] = "vlab-duct", x[] = "-x", u[] = "-u", d[] = "-d", none[] = ".";
    char dev[] = "/dev", *words[OPTIONS + 2 * MAP_DEVICES] = {name, x, u, d, none};
    struct member_guest guest = {
        .kind = MEMBER_DUCT, .user = "root", .node = from.number, .text = dev};
    struct map_node own;
    struct conf_lines lines;
    enum message_code code;
    const char *why;
    size_t n = 5;
    only_root();
    if (map_find(&conf, self.number, &own) != 1)
        refuse(MESSAGE_CONFIG, 0);
    lines = own.devices;
    for (int i = 0; i < MAP_DEVICES && conf_line(&lines, "device", pattern[i]); i++) {
        words[n++] = d;
        words[n++] = pattern[i];
    }
    words[n] = dev;
    code = guest_join(&guest, &why);
    if (code != MESSAGE_NONE)
        refuse(code, why);
    answer();
    guest_stay();
    conf_close(&conf);
    execvp(name, words);
    say_die_errno("unable to run %s", name);
}

static const struct {
    const char *name;
    int always; /* also where nothing is done for others now */
    void (*run)(void);
} verbs[] = {{"state", 1, do_state}, {"bring", 1, do_bring},     {"whose", 1, do_whose},
             {"run", 0, do_run},     {"console", 0, do_console}, {"duct", 0, do_duct}};

static void refuse_work(void)
{
    char text[MEMBER_REASON + 64];
    if (!self.number)
        refuse(MESSAGE_BLOCKED, "this host is no node now");
    snprintf(text, sizeof text, "node %u is %s%s%s", self.number,
             member_state_word(self.state), *self.reason ? ": " : "", self.reason);
    refuse(MESSAGE_BLOCKED, text);
}

static void obey(const char *verb)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!message_is(verb, verbs[i].name))
            continue;
        if (i && strcmp(asker.hash, self.hash) != 0)
            refuse(MESSAGE_DIFFERS, 0);
        if (!verbs[i].always && self.state != MEMBER_UP)
            refuse_work();
        verbs[i].run();
        return;
    }
    refuse(MESSAGE_COMMAND, "a node offers state, run and duct and console");
}

int main(int argc, char **argv)
{
    struct owner owner;
    char line[DOOR_LINE], *verb;
    say_name("vlab-door", "vlab-door [-e]\n\n"
                          "Serve one connection from another node; see vlab-door(8).");
    while (say_options(argc, argv, "e") != -1)
        to_syslog = 0;
    if (argc != optind)
        say_usage();
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (to_syslog)
        say_to_syslog();
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        say_die_errno("unable to set up signals");
    if (geteuid() == 0 && (owner_find(&owner) || owner_files(&owner)))
        say_die_errno("unable to use files as the owner of %s", roll_state());
    if (peer_identify(&peer, 0, &conf))
        return SAY_DONE;
    hear(line);
    if (conf_open(&conf))
        refuse(MESSAGE_CONFIG, conf_error(errno));
    if (door_asked(line, &verb, &asker))
        refuse(MESSAGE_COMMAND, "usage: VERB HASH VERSION NUMBER STATE [REASON]");
    peer_alive(0, conf_setting(&conf, CONF_ALIVE));
    if (door_self(&self, &conf))
        refuse(MESSAGE_CONFIG, "this node cannot use its rolls");
    find_out_who();
    if (believed && announce(&conf, from.number, peer.from, &asker))
        say_warn_errno("unable to take down what node %u says of itself", from.number);
    obey(verb);
    return SAY_DONE;
}

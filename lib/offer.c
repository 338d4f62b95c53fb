#include "offer.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "dial.h"
#include "guest.h"
#include "linger.h"
#include "owner.h"
#include "passage.h"
#include "say.h"
#include "whose.h"

enum { LINGER = 2000 /* milliseconds he may take to hang up after an error */ };

/* He gets to read it although he may have said more than we have heard. */
void offer_refuse(enum message_code code, const char *text)
{
    message_send(1, "error %s %s", message_code(code), text ? text : message_text(code));
    linger(0, 1, dial_now() + LINGER, 0);
    exit(SAY_NO);
}

/* How many use this node, of them all or of one node; and with a signal, tell these. */
static void count(struct offer *o, unsigned node, int sig)
{
    struct roll_entry e = {0};
    struct member_guest g;
    char note[64];
    struct roll r;
    int fd;
    snprintf(note, sizeof note, "what is run from node %u is called home", node);
    o->self.sessions = o->self.commands = 0;
    if (!o->self.number || member_open(&r, o->self.number, sig ? ROLL_WRITE : ROLL_READ))
        return;
    while (roll_next(&r, &e) == 1) {
        if (member_guest(&e, &g) || g.kind == MEMBER_AWAY || (node && g.node != node))
            continue;
        /* Who leaves takes his mounts down himself, later, and has them again if he
         * stays. */
        if (sig && g.kind == MEMBER_DUCT)
            continue;
        if (g.kind == MEMBER_RUN)
            o->self.commands++;
        else
            o->self.sessions++;
        if (!sig)
            continue;
        roll_note(&r, e.record, note);
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
    return average < DOOR_MOST / 100 ? (unsigned long)(average * 100 + 0.5) : DOOR_MOST;
}

static void answer(struct offer *o)
{
    char line[DOOR_LINE];
    o->self.load = o->self.state == MEMBER_LEAVING ? 0 : load();
    if (message_write(1, line, door_answer(line, &o->self)))
        exit(SAY_DONE);
}

static void do_state(struct offer *o)
{
    count(o, 0, 0);
    answer(o);
}

/* The users of the node that asks are called home: nothing of theirs may run here. */
static void do_bring(struct offer *o)
{
    if (!o->believed)
        offer_refuse(MESSAGE_PERMISSION, "only root of a node may call its users home");
    count(o, o->from.number, SIGTERM);
    answer(o);
}

/* vlab-launch sees to it that it is on our roll. */
static void do_run(struct offer *o)
{
    char node[16], name[] = "vlab-launch", e[] = "-e", n[] = "-n";
    char *words[] = {name, n, node, o->to_syslog ? 0 : e, 0};
    snprintf(node, sizeof node, "%u", o->from.number);
    answer(o);
    conf_close(&o->conf);
    execvp(name, words);
    say_die_errno("unable to run %s", name);
}

/* Whose is a connection from here to the node that asks? */
static void do_whose(struct offer *o)
{
    answer(o);
    if (whose_answer(&o->conf, &o->from, o->peer.from))
        exit(SAY_NO);
}

static void do_console(struct offer *o)
{
    answer(o);
    conf_close(&o->conf);
    if (passage_serve(&o->peer, o->from.number))
        exit(SAY_NO);
}

/* Become the duct of these words, which shows what is at path; it is on our roll. */
static void __attribute__((noreturn))
become(struct offer *o, char **words, const char *path)
{
    struct member_guest guest = {
        .kind = MEMBER_DUCT, .user = "root", .node = o->from.number, .text = path};
    const char *why;
    enum message_code code = guest_join(&guest, &why);
    if (code != MESSAGE_NONE)
        offer_refuse(code, why);
    answer(o);
    guest_stay();
    conf_close(&o->conf);
    execvp(words[0], words);
    say_die_errno("unable to run %s", words[0]);
}

/* The devices that the map lets others open: of what it does not name, none. A mount
   speaks for all users there, so root there has to ask for it; and this is not asked of
   whatever is at the port of his node's door. */
static void do_duct(struct offer *o)
{
    static char pattern[MAP_DEVICES][CONF_WORD];
    enum { OPTIONS = 10 };
    char name[] = "vlab-duct", x[] = "-x", u[] = "-u", d[] = "-d", none[] = ".";
    char ok[] = "-k", k[8], dev[] = "/dev";
    char *words[OPTIONS + 2 * MAP_DEVICES] = {name, x, u, ok, k, d, none};
    struct map_node own;
    struct conf_lines lines;
    size_t n = 7;
    snprintf(k, sizeof k, "%d", DOOR_SILENCE);
    if (!o->believed)
        offer_refuse(MESSAGE_PERMISSION, "only root mounts the devices of a node");
    if (map_find(&o->conf, o->self.number, &own) != 1)
        offer_refuse(MESSAGE_CONFIG, 0);
    lines = own.devices;
    for (int i = 0; i < MAP_DEVICES && conf_line(&lines, "device", pattern[i]); i++) {
        words[n++] = d;
        words[n++] = pattern[i];
    }
    words[n] = dev;
    become(o, words, dev);
}

/* As root: files are those of the state's owner else. */
static int make_consoles(void)
{
    struct owner owner;
    int k;
    if (errno != ENOENT || geteuid() || owner_files_leave())
        return -1;
    k = console_make();
    if (owner_find(&owner) || owner_files(&owner))
        say_die_errno("unable to use files as the owner of %s", roll_state());
    return k;
}

/* Their numbers. Who made them can have put something else there: it is shown to those
   there as to those here, and the names of what is theirs are no numbers. */
static void do_consoles(struct offer *o)
{
    static char dir[PATH_MAX], why[DOOR_LINE / 2];
    char name[] = "vlab-duct", x[] = "-xru", d[] = "-d", number[] = "[0-9]*";
    char *words[] = {name, x, d, number, dir, 0};
    if (!o->believed)
        offer_refuse(MESSAGE_PERMISSION, "only root mounts the consoles of a node");
    if (!realpath(console_dir(), dir) &&
        (make_consoles() || !realpath(console_dir(), dir))) {
        snprintf(why, sizeof why,
                 "it has no directory of consoles: install -d -m 1777 %s there",
                 console_dir());
        offer_refuse(MESSAGE_UNAVAILABLE, why);
    }
    become(o, words, dir);
}

static const struct {
    const char *name;
    int always; /* also where nothing is done for others now */
    void (*run)(struct offer *o);
} verbs[] = {{"state", 1, do_state},      {"bring", 1, do_bring},
             {"whose", 1, do_whose},      {"run", 0, do_run},
             {"console", 0, do_console},  {"duct", 0, do_duct},
             {"consoles", 0, do_consoles}};

static void refuse_work(struct offer *o)
{
    char text[MEMBER_REFUSAL];
    offer_refuse(MESSAGE_BLOCKED,
                 member_refusal(text, o->self.number, o->self.state, o->self.reason));
}

static void refuse_map(void)
{
    char host[ROLL_HOST], text[ROLL_HOST + 80];
    roll_host(host);
    snprintf(text, sizeof text,
             "host %s has another map of the nodes: vlab-compile-config on both", host);
    offer_refuse(MESSAGE_DIFFERS, text);
}

void offer(struct offer *o, const char *verb)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!message_is(verb, verbs[i].name))
            continue;
        if (i && strcmp(o->asker.hash, o->self.hash) != 0)
            refuse_map();
        if (!verbs[i].always && o->self.state != MEMBER_UP)
            refuse_work(o);
        verbs[i].run(o);
        return;
    }
    offer_refuse(MESSAGE_COMMAND, "a node offers state, run, duct, console and consoles");
}

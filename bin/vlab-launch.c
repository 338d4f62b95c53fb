/* The helper for one connection of a launcher's client. What it decides alone is who may
   ask; who runs is decided by locks (slot.h), and what runs is watched by processes that
   end the command when this one is killed (run.h). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "errand.h"
#include "linger.h"
#include "owner.h"
#include "say.h"
#include "tidy.h"
#include "user.h"
#include "whose.h"

enum {
    DIALOGUE = 60,   /* seconds at most until it must be clear what the peer wants */
    LINGER = 20000,  /* milliseconds he may take to hang up after the end */
    SOON = 2000,     /* and when we have been told to end */
    ANSWERS = 16384, /* bytes of answers with which no further request is looked at */
    YEAR = 31536000  /* seconds somebody may ask to wait */
};

static const char no_word[] = "your node does not say who you are: is its vlab-door up?";
static char **served; /* the launchers named on the command line; none: all */
static struct peer peer;
static struct conf conf = {.fd = -1};
static struct roll user = {.fd = -1};
static struct streams client;
static struct wordlist wordlist;
static struct errand errand;
static int known;            /* has setuid been said? */
static int listing;          /* is a list of all under way, */
static struct roster listed; /* and what of it is still to be said? */
static sigset_t waiting;
static volatile sig_atomic_t ends;

static void on_term(int sig)
{
    ends = sig;
}

static void __attribute__((noreturn)) leave(int code)
{
    if (stream_flush(&client, dial_now()) == 0 && !client.lost)
        linger(0, 1, dial_now() + (ends ? SOON : LINGER), &waiting);
    roll_close(&user);
    shutdown(0, SHUT_RDWR);
    _exit(code);
}

static int error(enum message_code code, const char *text)
{
    return stream_say(&client, "error %s %s", message_code(code),
                      text ? text : message_text(code));
}

/* Nobody has more connections than there are places for his commands, and a few to ask
   with: more could do nothing but keep others from theirs. */
static unsigned most_connections(void)
{
    unsigned long most = conf_setting(&conf, CONF_SESSIONS);
    most += roster_places(&(struct roster){.conf = &conf, .served = served});
    return most < ROLL_LAST ? (unsigned)most : ROLL_LAST;
}

static void count_connection(uid_t uid)
{
    char who[CONF_NAME];
    conf_user(&conf, uid, who);
    if (!user_join_at(&user, "slot", "user:", uid, who, most_connections()))
        return;
    if (errno == EAGAIN)
        error(MESSAGE_BUSY, "you have too many connections");
    else {
        say_warn_errno("unable to join the roll slot/user:%lu", (unsigned long)uid);
        error(MESSAGE_CONFIG, "the helper cannot use its rolls: run vlab-compile-config");
    }
    leave(SAY_NO);
}

static void welcome(void)
{
    struct roster all = {.conf = &conf, .served = served};
    const char *name, *why = 0;
    size_t at = 0;
    if (conf_have(&conf)) {
        why = conf_error(errno);
        say_warn_errno("unable to open %s/config.cdb", roll_state());
    }
    while ((name = roster_missing(&all, &at)))
        say_warn("the config has no section [launch %s]: see vlab.conf(5)", name);
    if (peer_identify(&peer, 0, &conf))
        leave(SAY_DONE);
    /* vlab-door knows that his address is a node's; whose he is that node knows. */
    if (errand.node && peer.how == PEER_STRANGER && peer.port && !peer.here)
        whose_ask(&peer, errand.node, 0);
    peer_alive(0, conf_setting(&conf, CONF_ALIVE));
    stream_open(&client, 0, 1);
    stream_say(&client, "lversion vlab " VLAB_VERSION);
    if (peer.how == PEER_STRANGER) {
        say_warn("refused a connection from %s: not trusted", peer.from);
        error(MESSAGE_PERMISSION, errand.node ? no_word : "this host is not trusted");
        leave(SAY_NO);
    }
    if (why) {
        error(MESSAGE_CONFIG, why);
        leave(SAY_SYSTEM);
    }
    if (peer.how == PEER_KNOWN && !peer_is_root(&peer))
        count_connection(peer.uid);
}

static int do_setuid(char **word)
{
    unsigned long uid;
    if (say_number(word[1], 0, (uid_t)-2, &uid))
        return error(MESSAGE_COMMAND, "usage: setuid UID");
    if (!peer_may_be(&peer, (uid_t)uid)) {
        say_warn("uid %lu (%s) claimed to be uid %lu", (unsigned long)peer.uid, peer.from,
                 uid);
        return error(MESSAGE_PERMISSION, "you are somebody else");
    }
    if (peer.how == PEER_TRUSTED && uid == 0)
        return error(MESSAGE_PERMISSION, "nobody is root from another host");
    if (known && errand.caller.uid != uid)
        return error(MESSAGE_PERMISSION, "this connection is somebody else's");
    known = 1;
    errand.caller.uid = (uid_t)uid;
    conf_user(&conf, errand.caller.uid, errand.caller.name);
    if (!user.record)
        count_connection(errand.caller.uid);
    return stream_say(&client, "ok %s", errand.caller.name);
}

/* Find the launcher for this user. Returns 0, or -1: it has been said why not. */
static int find(const char *name)
{
    struct roster all = {.conf = &conf, .served = served};
    enum message_code code = MESSAGE_NOSETUID;
    if (known)
        code = errand_find(&errand, &all, name);
    if (code == MESSAGE_NONE)
        return 0;
    error(code, code == MESSAGE_PERMISSION ? "this launcher is not for you" : 0);
    return -1;
}

static int do_list(char **word)
{
    if (!known)
        return error(MESSAGE_NOSETUID, 0);
    if (!*word[1]) {
        listing = 1;
        listed = (struct roster){.conf = &conf, .served = served};
        return 0;
    }
    if (find(word[1]))
        return 0;
    roster_tell(&errand.launcher, &client);
    return stream_say(&client, "endlist");
}

static int do_run(char **word)
{
    unsigned long seconds = 0;
    int limited = message_is(word[2], "wait");
    enum message_code code;
    const char *why;
    errand.now = message_is(word[2], "now");
    if (!*word[1] || (limited && say_number(word[3], 1, YEAR, &seconds)) ||
        (!limited && *word[3]) || (!limited && !errand.now && *word[2]))
        return error(MESSAGE_COMMAND, "usage: run NAME [now | wait SECONDS]");
    if (find(word[1]))
        return 0;
    code = errand_prepare(&errand, &wordlist, &why);
    if (code != MESSAGE_NONE)
        return error(code, why);
    errand.wait = (unsigned)seconds;
    conf_close(&conf);
    errand_run(&errand, &client, &waiting, &ends);
    leave(SAY_DONE);
}

static const struct {
    const char *name;
    int (*run)(char **word);
} commands[] = {{"setuid", do_setuid}, {"run", do_run}, {"list", do_list}, {"rem", 0}};

static int obey(const struct frame *f)
{
    char line[FRAME_LINE_MAX + 1], *word[4];
    int k;
    memcpy(line, f->data, f->length);
    line[f->length] = 0;
    if (!message_split(line, word, 4))
        return 0;
    if (message_is_quit(word[0]))
        leave(SAY_DONE);
    if (conf_have(&conf))
        return error(MESSAGE_CONFIG, conf_error(errno));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (message_is(word[0], commands[i].name)) {
            k = commands[i].run ? commands[i].run(word) : 0;
            wordlist_clear(&wordlist);
            return k;
        }
    return error(MESSAGE_COMMAND, 0);
}

/* Words are those of the next command. */
static void take(const struct frame *f)
{
    if (f->type != FRAME_LINE)
        wordlist_add(&wordlist, f->data, f->length, f->type == FRAME_PART);
    else if (obey(f))
        leave(SAY_DONE);
}

/* What was said is looked at when the answers to what came before have gone, but for some
   that fit. */
static void answer(void)
{
    struct frame f;
    int n = 1;
    while (n && stream_pending(&client) < ANSWERS)
        if (listing)
            listing = roster_tell_next(&listed, errand.caller.uid, &client);
        else if ((n = stream_next(&client, &f)) > 0)
            take(&f);
        else if (n < 0) {
            error(MESSAGE_COMMAND, "this is against the rules of vlab-protocol(7)");
            leave(SAY_DONE);
        }
    if (!listing)
        conf_close(&conf);
}

static void talk(long long deadline)
{
    struct pollfd p[STREAM_POLL];
    int n, more = 1;
    for (;;) {
        answer();
        if (!more || client.error)
            leave(SAY_DONE);
        stream_poll(&client, p, stream_pending(&client) < ANSWERS);
        n = dial_poll(p, STREAM_POLL, deadline, &waiting);
        if (ends || !dial_left(deadline)) {
            error(ends ? MESSAGE_DISCONNECT : MESSAGE_TIMEOUT,
                  ends ? "the service ends" : 0);
            leave(SAY_DONE);
        }
        if (n > 0)
            more = stream_move(&client, p) > 0;
    }
}

/* Whatever the super-server left blocked or ignored. */
static void prepare_signals(void)
{
    struct sigaction a = {.sa_handler = on_term};
    sigset_t all;
    sigfillset(&all);
    sigemptyset(&waiting);
    if (sigprocmask(SIG_SETMASK, &all, 0) || sigaction(SIGTERM, &a, 0) ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        say_die_errno("unable to set up signals");
}

int main(int argc, char **argv)
{
    struct owner owner;
    unsigned long node = 0;
    unsigned seconds;
    int c, to_syslog = 1;
    say_name("vlab-launch", "vlab-launch [-e] [-n node] [name...]\n\n"
                            "Run commands for one connection; see vlab-launch(8).");
    while ((c = say_options(argc, argv, "en:")) != -1)
        if (c == 'e')
            to_syslog = 0;
        else if (say_number(optarg, 1, MAP_LAST, &node))
            say_usage();
    errand.node = (unsigned)node;
    served = argv + optind;
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (to_syslog)
        say_to_syslog();
    prepare_signals();
    if (geteuid() == 0 && (owner_find(&owner) || owner_files(&owner)))
        say_die_errno("unable to use files as the owner of %s", roll_state());
    welcome();
    seconds = conf_setting(&conf, CONF_TIMEOUT);
    talk(dial_now() + 1000LL * (seconds < DIALOGUE ? seconds : DIALOGUE));
}

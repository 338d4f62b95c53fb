/* The helper for one connection. What it decides, it decides under the gates of rolls;
   what it holds are locks, which end with it. So it may end anywhere, and every way out
   is exit. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "lines.h"
#include "listing.h"
#include "message.h"
#include "peer.h"
#include "reload.h"
#include "reply.h"
#include "say.h"
#include "tidy.h"
#include "turn.h"
#include "user.h"

static struct peer peer;
static struct roll user = {.fd = -1}; /* our record among this user's connections */
static char name[CONF_NAME];          /* whom we act for; "" before setuid */
static struct turn turn = TURN_FOR(name, &user);
static struct conf *const conf = &turn.conf;

/* The kernel would do all this, but after it has taken our memory apart, and somebody may
   be waiting. First the locks, then the farewell: who sees the end of the connection
   finds the board free. */
static void __attribute__((noreturn)) leave(int code)
{
    roll_close(&turn.board);
    reply_flush();
    roll_close(&user);
    shutdown(0, SHUT_RDWR);
    _exit(code);
}

/* Take a place among the connections of a user. */
static void count_connection(uid_t uid)
{
    char who[CONF_NAME];

    conf_user(conf, uid, who);
    if (user_join(&user, uid, who, conf_setting(conf, CONF_SESSIONS)) == 0)
        return;
    if (errno == EAGAIN) {
        reply_error(MESSAGE_BUSY, "you have too many connections");
        leave(SAY_NO);
    }
    say_warn_errno("unable to join the roll user/%lu", (unsigned long)uid);
    reply_error(MESSAGE_CONFIG,
                "the helper cannot use its rolls: run vlab-compile-config");
    leave(SAY_SYSTEM);
}

static void welcome(void)
{
    if (conf_have(conf))
        say_warn_errno("run vlab-compile-config: unable to open %s/config.cdb",
                       roll_state());
    if (peer_identify(&peer, 0, conf))
        leave(SAY_DONE);
    peer_alive(0, conf_setting(conf, CONF_ALIVE));
    reply("mversion vlab " VLAB_VERSION);
    if (peer.how == PEER_STRANGER) {
        say_warn("refused a connection from %s: not trusted", peer.from);
        reply_error(MESSAGE_PERMISSION, "this host is not trusted");
        leave(SAY_NO);
    }
    if (peer.how == PEER_KNOWN && !peer_is_root(&peer))
        count_connection(peer.uid);
}

static int do_setuid(char **word)
{
    unsigned long uid;

    if (say_number(word[1], 0, (uid_t)-2, &uid))
        return reply_error(MESSAGE_COMMAND, "usage: setuid UID");
    if (!peer_may_be(&peer, (uid_t)uid)) {
        say_warn("uid %lu (%s) claimed to be uid %lu", (unsigned long)peer.uid, peer.from,
                 uid);
        return reply_error(MESSAGE_PERMISSION, "you are somebody else");
    }
    if (*name && turn.uid != uid)
        return reply_error(MESSAGE_PERMISSION, "this connection is somebody else's");
    if (conf_have(conf) && errno != ENOENT)
        return reply_error(MESSAGE_CONFIG, "the configuration cannot be read");
    turn.uid = (uid_t)uid;
    conf_user(conf, turn.uid, name);
    if (user.record == 0)
        count_connection(turn.uid);
    return reply("ok %s", name);
}

/* Say why a request for a pool came to nothing: from errno as turn_ask has it. */
static int refuse_request(const char *pool)
{
    if (errno == EPIPE)
        leave(SAY_DONE);
    if (errno == ENOENT)
        return reply_error(MESSAGE_UNKNOWNBOARD, 0);
    if (errno == EACCES)
        return reply_error(MESSAGE_PERMISSION, "this pool is not for you");
    say_warn_errno("pool %s", pool);
    return reply_error(
        MESSAGE_CONFIG,
        "the configuration or a roll cannot be read: run vlab-compile-config");
}

static int do_boardrequest(char **word)
{
    char host[ADDRESS_HOST];
    unsigned long seconds = 0;
    unsigned port;
    int i = 2, wait, k;

    turn.pool = word[1];
    turn.fresh = message_is(word[i], "new");
    i += turn.fresh;
    wait = message_is(word[i], "wait");
    i += wait;
    if (!*word[1] ||
        (wait && *word[i] && say_number(word[i++], 1, MESSAGE_WAIT, &seconds)) ||
        *word[i])
        return reply_error(MESSAGE_COMMAND,
                           "usage: boardrequest POOL [new] [wait [SECONDS]]");
    if (!*name)
        return reply_error(MESSAGE_NOSETUID, 0);
    if (turn.board.record)
        return reply_error(MESSAGE_ALREADYLOCKED, 0);
    /* A peer who does not read must not hold up the line, nor keep an old config. */
    if (wait)
        reply_flush();
    if (reply_written())
        conf_close(conf);
    k = turn_ask(&turn, wait);
    if (k == 0 && wait) {
        reply_wait_on(seconds);
        k = turn_wait(&turn, 0);
        reply_wait_off();
    }
    if (k <= 0)
        return k ? refuse_request(turn.pool) : reply_error(MESSAGE_BUSY, 0);
    if (address_split(turn.address, host, &port))
        say_die(SAY_SYSTEM, "%s is no address", turn.address);
    reply("boardassign %s %u", host, port);
    if (wait)
        reply_offer();
    queue_close(&turn.queue);
    user_signal(&user, SIGUSR2);
    return 0;
}

static int do_instanceoffline(char **word)
{
    (void)word;
    if (turn.board.record == 0)
        return reply_error(MESSAGE_NOTLOCKED, "you have no board");
    if (conf_have(conf) == 0 || errno == ENOENT) {
        long long until = (long long)time(0) + conf_setting(conf, CONF_OFFLINE);

        if (board_set_offline(&turn.board, until, "could not be reached", 1))
            say_warn_errno("unable to mark %s offline", turn.address);
        say_warn("%s could not be reached, says %s: offline for %u s", turn.address, name,
                 conf_setting(conf, CONF_OFFLINE));
    }
    /* Who ends the session of this board must find us on it, or not at all. */
    roll_gate(&turn.board);
    roll_close(&turn.board);
    return reply("ok %s is given back", turn.address);
}

static int do_userrequest(char **word)
{
    int why = message_is(word[2], "why");

    if (!*word[1] || (*word[2] && !why))
        return reply_error(MESSAGE_COMMAND, "usage: userrequest POOL [why]");
    if (!*name)
        return reply_error(MESSAGE_NOSETUID, 0);
    if (listing_pool(&turn, word[1], why))
        return refuse_request(word[1]);
    return reply("endlist");
}

static int do_list(char **word)
{
    (void)word;
    if (!*name)
        return reply_error(MESSAGE_NOSETUID, 0);
    if (listing_pools(&turn))
        return refuse_request("list");
    return reply("endlist");
}

static int do_reloadmutex(char **word)
{
    char text[200];

    (void)word;
    if (!peer_is_root(&peer))
        return reply_error(MESSAGE_PERMISSION, "only root may reload");
    conf_close(conf);
    return reload_run(text, sizeof text) == 0 ? reply("ok %s", text)
                                              : reply_error(MESSAGE_CONFIG, text);
}

static int do_help(char **word)
{
    (void)word;
    return reply(
        "ok setuid boardrequest instanceoffline userrequest list reloadmutex rem help "
        "quit");
}

static int do_rem(char **word)
{
    (void)word;
    return 0;
}

static const struct {
    const char *name;
    int (*run)(char **word);
} commands[] = {{"setuid", do_setuid},
                {"boardrequest", do_boardrequest},
                {"instanceoffline", do_instanceoffline},
                {"userrequest", do_userrequest},
                {"list", do_list},
                {"reloadmutex", do_reloadmutex},
                {"rem", do_rem},
                {"help", do_help}};

static int obey(char *line)
{
    char *word[6];
    size_t i;

    if (message_split(line, word, 6) == 0)
        return 0;
    if (message_is_quit(word[0]))
        leave(SAY_DONE);
    for (i = 0; i < sizeof commands / sizeof *commands; ++i)
        if (message_is(word[0], commands[i].name))
            return commands[i].run(word);
    return reply_error(MESSAGE_COMMAND, 0);
}

int main(int argc, char **argv)
{
    static struct lines lines;
    static char bytes[1024];
    size_t at;
    ssize_t n;
    int c, to_syslog = 1, read_before = 0;

    say_name("vlab-mutex", "vlab-mutex [-e]\n\n"
                           "Give out boards over one connection; see vlab-mutex(8).");
    while ((c = say_options(argc, argv, "e")) != -1)
        to_syslog = 0;
    if (optind != argc)
        say_usage();
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (to_syslog)
        say_to_syslog();
    reply_prepare(&turn);
    welcome();
    while ((n = reply_read(bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR)) {
        /* What comes together is judged by one config, and what comes with the connection
           by the one that was read for the welcome. */
        if (read_before)
            conf_close(conf);
        for (at = 0; n > 0 && at < (size_t)n;) {
            at += lines_feed(&lines, bytes + at, (size_t)n - at);
            if (lines.whole)
                obey(lines.text);
        }
        read_before = 1;
    }
    leave(SAY_DONE);
}

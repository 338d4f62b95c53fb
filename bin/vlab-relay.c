/* The login shell. What it holds is a connection to its helper, and that goes when it
   goes: so it may end anywhere. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "ask.h"
#include "bits.h"
#include "conf.h"
#include "dial.h"
#include "peer.h"
#include "relay.h"
#include "say.h"
#include "session.h"
#include "tty.h"

static struct relay r = {.helper.fd = -1};
static struct lines lines;
static int refused; /* the first command, given by -c, was answered with error */

static void mark_offline(void)
{
    char *words[2];

    ask_send(&r, "instanceoffline");
    while (ask_answer(&r, words, 0) && !message_is_end(words[0]))
        ;
}

static void board_unreachable(const char *address)
{
    const char *why = errno == EPROTO ? "it is no board" : dial_error(errno);

    mark_offline();
    relay_say(&r, "error unavailable board %s could not be reached: %s", address, why);
}

/* A board that is there and does not serve us is not offline: it is given back as it is,
   by ending the session. But one that serves nobody now is. */
static void board_refuses(const char *address)
{
    char text[MESSAGE_LINE], *words[2];

    snprintf(text, sizeof text, "%s", session_refusal());
    message_split(text, words, 2);
    if (message_is(words[0], message_code(MESSAGE_UNAVAILABLE)))
        mark_offline();
    else
        helper_close(&r.helper);
    say_warn("board %s refuses %s: %s", address, r.user, session_refusal());
    relay_say(&r, "error %s board %s: %s", words[0], address, words[1]);
}

/* boardassign HOST PORT: go there. */
static void use_board(char *place)
{
    char text[ADDRESS_MAX + 16], address[ADDRESS_MAX], *words[2];
    unsigned long port;

    message_split(place, words, 2);
    snprintf(text, sizeof text, strchr(words[0], ':') ? "[%.*s]:%.5s" : "%.*s:%.5s",
             ADDRESS_HOST, words[0], words[1]);
    if (say_number(words[1], 1, 65535, &port) < 0 ||
        address_canonical(text, ADDRESS_PORT, address) < 0) {
        relay_end(&r, RELAY_HELPER_LOST, "disconnect the helper talks nonsense");
        return;
    }
    if (session_open(&r, address, words[0], (unsigned)port) == 0) {
        r.heard = dial_now(); /* it was us that he waited for */
        refused = 0;
        session_run(&r);
    } else if (!r.over && *session_refusal())
        board_refuses(address);
    else if (!r.over)
        board_unreachable(address);
}

static void do_connect(char **word)
{
    int wait = message_is(word[2], "wait");
    unsigned long seconds = 0;

    if (!*word[1] || (*word[2] && !wait) || *word[4] ||
        (*word[3] && say_number(word[3], 1, MESSAGE_WAIT, &seconds) < 0)) {
        relay_say(&r, "error command usage: connect POOL [wait [SECONDS]]");
        return;
    }
    if (ask_login(&r) < 0)
        return;
    ask_send(&r, "boardrequest %s %s %s", word[1], word[2], word[3]);
    while (ask_answer(&r, word, wait ? &lines : 0)) {
        if (message_is(word[0], "boardassign")) {
            use_board(word[1]);
            return;
        }
        if (message_is_end(word[0]) || wait)
            ask_pass_on(&r, word);
        if (message_is_end(word[0]))
            return;
    }
}

static void do_userrequest(char **word)
{
    if (!*word[1] || (*word[2] && !message_is(word[2], "why")) || *word[3]) {
        relay_say(&r, "error command usage: userrequest POOL [why]");
        return;
    }
    if (ask_login(&r) == 0)
        ask_boards(&r, word[1], word[2]);
}

static void do_list(char **word)
{
    (void)word;
    if (ask_login(&r) == 0)
        ask_list(&r);
}

static void do_help(char **word)
{
    static const char *const lines_of_help[] = {
        "list                            the pools you may use, and how many boards are "
        "free",
        "connect POOL                    take a board of the pool, and talk to it",
        "connect POOL wait [SECONDS]     the same, in a line with others if all are held",
        "userrequest POOL [why]          who holds its boards [and why others are "
        "offline]",
        "rem TEXT                        nothing; it shows that you are still there",
        "quit                            end the session (so do exit, bye, logoff)",
        "Connected, help is the board's; the board is yours until you quit.",
        "After useuart your terminal is the UART: Ctrl-] ends the session."};

    (void)word;
    if (isatty(0))
        for (size_t i = 0; i < sizeof lines_of_help / sizeof *lines_of_help; ++i)
            relay_say(&r, "rem %s", lines_of_help[i]);
    relay_say(&r, "ok connect userrequest list help rem quit");
}

static void do_rem(char **word)
{
    (void)word;
}

static const struct {
    const char *name;
    void (*run)(char **word);
} commands[] = {{"connect", do_connect},
                {"userrequest", do_userrequest},
                {"list", do_list},
                {"help", do_help},
                {"rem", do_rem}};

static void obey(char *line)
{
    char *word[5];

    relay_log(&r, line);
    if (!message_split(line, word, 5))
        return;
    if (message_is_quit(word[0])) {
        refused = 0; /* he has gone on after it */
        relay_end(&r, RELAY_LEFT, 0);
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i)
        if (message_is(word[0], commands[i].name)) {
            commands[i].run(word);
            return;
        }
    relay_say(&r, "error command %s: try help", word[0]);
}

/* The next line of the client; 0 when it is over. */
static char *next_line(void)
{
    while (!r.over) {
        long long deadline = r.heard + r.timeout * 1000LL;

        relay_listen(&r);
        if (relay_room(&r.out) >= RELAY_BUFFER / 2) {
            r.in.at += lines_feed(&lines, r.in.data + r.in.at, r.in.have - r.in.at);
            if (lines.whole)
                return lines.text;
            if (r.in_ended)
                relay_end(&r, RELAY_LEFT, 0);
        }
        if (dial_now() >= deadline)
            relay_end(&r, RELAY_IDLE, "timeout nothing was said for too long");
        relay_wait(&r, RELAY_CLIENT | RELAY_HELPER, 0, deadline);
    }
    return 0;
}

static void __attribute__((noreturn)) leave(int sig)
{
    (void)sig;
    bits_drop();
    tty_restore();
    relay_restore();
    _exit(SAY_SYSTEM);
}

static void prepare(void)
{
    static const int ends[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT};
    static const int nothing[] = {SIGPIPE, SIGTSTP, SIGTTOU};
    struct sigaction act = {.sa_handler = leave};
    struct conf conf;
    struct passwd *who = getpwuid(getuid());
    static char name[CONF_NAME];

    for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i)
        sigaction(ends[i], &act, 0);
    act.sa_handler = SIG_IGN;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; ++i)
        sigaction(nothing[i], &act, 0);
    if (conf_open(&conf) < 0 && errno != ENOENT)
        say_warn_errno("unable to read the config: run vlab-compile-config");
    r.timeout = conf_setting(&conf, CONF_TIMEOUT);
    r.alive = conf_setting(&conf, CONF_ALIVE);
    conf_user(&conf, getuid(), name);
    conf_close(&conf);
    r.user = who ? who->pw_name : name;
    r.home = getenv("HOME");
    if (!r.home || !*r.home)
        r.home = who ? who->pw_dir : ".";
    r.heard = dial_now();
    peer_alive(0, r.alive);
    relay_open();
}

static int exit_code(void)
{
    switch (r.over) {
    case RELAY_IDLE:
        return SAY_NO;
    case RELAY_BOARD_LOST:
    case RELAY_HELPER_LOST:
        return SAY_SYSTEM;
    default:
        return refused ? SAY_NO : SAY_DONE;
    }
}

int main(int argc, char **argv)
{
    const char *first = 0;
    char *line;
    int c;

    say_name("vlab-relay",
             "vlab-relay [-c WORDS]\n\n"
             "The login shell of a lab: connects its user to boards; see vlab-relay(1).");
    while ((c = say_options(argc, argv, "c:")) != -1)
        first = optarg;
    if (optind != argc)
        say_usage();
    if (close_range(3, ~0u, 0) < 0)
        say_die_errno("unable to close what was left open");
    say_to_syslog();
    prepare();
    relay_say(&r, "rversion vlab " VLAB_VERSION);
    if (isatty(0))
        relay_say(&r, "rem type help");
    if (first && (!*first || !strcmp(first, "-no-shell-")))
        first = 0;
    if (first)
        r.in.have =
            (size_t)snprintf(r.in.data, LINES_MAX + 2, "%.*s\n", LINES_MAX, first);
    while ((line = next_line())) {
        obey(line);
        if (first)
            refused = r.said_error;
        first = 0;
        r.heard = dial_now();
    }
    session_close();
    helper_close(&r.helper);
    bits_drop();
    relay_farewell(&r);
    relay_restore();
    return exit_code();
}

/* A command runs elsewhere, and is treated as if it ran here: its streams are our
   descriptors, our signals are its signals, and its end is ours. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "desk.h"
#include "dial.h"
#include "foreign.h"
#include "forward.h"
#include "message.h"
#include "say.h"
#include "text.h"
#include "wordlist.h"

enum {
    PATIENCE = 2000, /* milliseconds between two lines about waiting */
    STUBBORN = 8000, /* after which a signal should have ended the command */
    GLANCE = 1000,   /* until we look whether we are in the foreground */
    YEAR = 31536000
};

static const char *where, *name;
static struct streams helper;
static sigset_t usual;             /* the signal mask we were started with */
static int code = -1;              /* our exit code, when it is known */
static long ahead = -1, told = -1; /* of us in the line; and what was said of that */

static void __attribute__((noreturn)) die_of(int e)
{
    say_die(SAY_SYSTEM, "unable to talk to the helper at %s: %s", where,
            desk_error(e, where));
}

/* What follows `error` is CODE TEXT. Returns our exit code. */
static int refused(char *rest)
{
    const char *what, *text = message_error(rest, &what);
    enum message_code m = message_find(what);
    say_info("%s: %s%s", name ? name : where, text,
             m == MESSAGE_UNKNOWNLAUNCHER ? desk_lists(where) : "");
    return desk_code(m);
}

/* Returns 1, or 0 when nothing came before the deadline. */
static int hear(long long deadline, char **word)
{
    int k;
    do
        k = desk_hear(&helper, deadline, word);
    while (k > 0 && message_is(word[0], "ok"));
    if (k < 0)
        die_of(errno);
    if (k && message_is(word[0], "error"))
        exit(refused(word[1]));
    return k;
}

static void greet(void)
{
    char *text;
    int k = desk_open(&helper, where, &text);
    int e = errno;
    if (k < 0)
        say_die(e == EINVAL ? SAY_USAGE : SAY_SYSTEM,
                "unable to reach the helper at %s: %s", where, desk_error(e, where));
    if (k == 0)
        exit(refused(text));
    stream_say(&helper, "setuid %lu", (unsigned long)getuid());
}

/* What runs and who waits, of one launcher or of all that are for this user. */
static int show_queues(void)
{
    char *word[2], *w[3], since[TEXT_TIME], launcher[FRAME_LINE_MAX + 1] = "";
    unsigned long idle = 0;
    int end, any = 0;
    stream_say(&helper, "list %s", name ? name : "");
    do {
        if (!hear(dial_now() + DESK_ANSWER, word))
            die_of(ETIMEDOUT);
        end = message_is(word[0], "endlist");
        message_split(word[1], w, 3);
        if (end || message_is(word[0], "launch")) {
            if (idle)
                printf("%-12s idle, %lu worker%s\n", launcher, idle, &"s"[idle == 1]);
            snprintf(launcher, sizeof launcher, "%s", w[0]);
            idle = strtoul(w[1], 0, 10);
            any |= !end;
        } else if (message_is(word[0], "running") || message_is(word[0], "waiting")) {
            idle = 0;
            printf("%-12s %s %3s  %-12s since %s\n", launcher, word[0], w[0], w[1],
                   text_time(since, atoll(w[2])));
        }
    } while (!end);
    if (fclose(stdout))
        say_die_errno("unable to print the list");
    if (!any)
        say_warn("there is no launcher for you");
    return any ? SAY_DONE : SAY_NO;
}

static void ask(char **words, int now, unsigned long seconds)
{
    if (desk_words(&helper, words))
        die_of(errno);
    if (now)
        stream_say(&helper, "run %s now", name);
    else if (seconds)
        stream_say(&helper, "run %s wait %lu", name, seconds);
    else
        stream_say(&helper, "run %s", name);
}

/* On a terminal somebody wants to know what takes so long. Returns when to look again. */
static long long report(long long *when)
{
    if (ahead == told || !isatty(2))
        return -1;
    if (dial_now() < *when)
        return *when;
    say_info("waiting for %s, %ld ahead", name, ahead);
    told = ahead;
    *when = dial_now() + PATIENCE;
    return -1;
}

/* Of the helper: how many are ahead, or what is said to all who use the node. */
static void remark(const char *text)
{
    int wall = 0;
    sscanf(text, " waiting %ld ahead", &ahead);
    sscanf(text, " wall %n", &wall);
    if (wall)
        say_info("%s: %s", name, text + wall);
}

/* Until it runs. A signal ends us, and our place in the line. */
static void await_start(void)
{
    long long when = dial_now() + PATIENCE, until = dial_now() + DESK_ANSWER;
    char *word[2];
    for (;;) {
        if (!hear(until, word) && ahead < 0)
            die_of(ETIMEDOUT);
        if (message_is(word[0], "started"))
            return;
        if (message_is(word[0], "rem"))
            remark(word[1]);
        if (ahead >= 0)
            until = report(&when);
    }
}

/* The end, as the helper has it: what has come is still to be written. */
static void conclude(char *line)
{
    char *word[2], *end[2];
    unsigned long n;
    message_split(line, word, 2);
    if (message_is(word[0], "error")) {
        code = refused(word[1]);
    } else {
        message_split(word[1], end, 2);
        if (say_number(end[0], 0, 255, &n))
            die_of(EPROTO);
        code = (int)n + (message_is(word[0], "signal") ? 128 : 0);
        if (*end[1])
            say_info("%s: %s", name, end[1]);
    }
    stream_finish(&helper);
    if (forward_release())
        say_die_errno("unable to set up signals");
}

/* What has come; more: will more come? */
static void take(int more)
{
    char line[FRAME_LINE_MAX + 1];
    struct frame f;
    int k;
    while (code < 0 && (k = stream_next(&helper, &f))) {
        if (k < 0 || f.type != FRAME_LINE)
            die_of(EPROTO);
        memcpy(line, f.data, f.length);
        line[f.length] = 0;
        if (strncmp(line, "rem", 3))
            conclude(line);
        else
            remark(line + 3);
    }
    if (code < 0 && !more) {
        strcpy(line, "error disconnect the helper has gone");
        conclude(line);
    }
}

static void pass_on_signals(long long *stubborn)
{
    const char *sig;
    while ((sig = forward_next())) {
        stream_say(&helper, "signal %s", sig);
        if (*stubborn < 0)
            *stubborn = dial_now() + STUBBORN;
    }
    if (*stubborn >= 0 && !dial_left(*stubborn))
        say_die(SAY_SYSTEM, "%s: the command has not ended, and is left alone", name);
}

/* While it runs, and until its output is written. */
static void attend(void)
{
    struct pollfd p[STREAM_POLL];
    long long stubborn = -1, until;
    int more = 1, n, rest;
    take(more); /* what came with the news of the start */
    while (code < 0 || !stream_over(&helper, 1) || !stream_over(&helper, 2)) {
        stream_poll(&helper, p, code < 0);
        rest = p[2].fd >= 0 && foreign_background(p[2].fd);
        until = rest ? dial_sooner(stubborn, dial_now() + GLANCE) : stubborn;
        if (rest || code >= 0)
            p[2].fd = -1;
        n = dial_poll(p, STREAM_POLL, until, &usual);
        if (n > 0)
            more = stream_move(&helper, p) > 0;
        if (code < 0) {
            pass_on_signals(&stubborn);
            take(more);
        }
    }
}

static int run(char **words, int now, unsigned long seconds)
{
    static const char *const names[FRAME_STREAMS] = {0, "output", "error"};
    int fd[FRAME_STREAMS];
    if (desk_descriptors(fd))
        say_die_errno("unable to use our descriptors");
    ask(words, now, seconds);
    await_start();
    if (forward_catch(&usual))
        say_die_errno("unable to set up signals");
    desk_streams(&helper, fd);
    attend();
    errno = helper.s[0].failed;
    if (errno) {
        say_warn_errno("unable to read standard input");
        code = SAY_SYSTEM;
    }
    for (int i = 1; i < FRAME_STREAMS; i++) {
        errno = helper.s[i].sink.error;
        if (!errno || errno == EPIPE)
            continue;
        say_warn_errno("unable to write standard %s", names[i]);
        code = SAY_SYSTEM;
    }
    return code;
}

int main(int argc, char **argv)
{
    unsigned long seconds = 0;
    int c, now = 0, list = 0;
    say_name("vlab-run", "vlab-run [-n] [-w seconds] [-h host[:port]] name [word...]\n"
                         "vlab-run -q [-h host[:port]] [name]\n\n"
                         "Run a command where it is its turn; see vlab-run(1).");
    where = desk_where();
    while ((c = say_options(argc, argv, "nqw:h:")) != -1) {
        if (c == 'q')
            list = 1;
        if (c == 'h')
            where = optarg;
        if (c == 'n' || c == 'w')
            seconds = 0;
        if (c == 'w' && say_number(optarg, 0, YEAR, &seconds) < 0)
            say_die(SAY_USAGE, "-w %s: a whole number of seconds, at most %d", optarg,
                    YEAR);
        if (c == 'n' || c == 'w')
            now = seconds == 0;
    }
    if (list ? argc - optind > 1 : argc == optind)
        say_usage();
    name = argv[optind];
    if (name && !conf_is_name(name))
        say_die(SAY_USAGE, "%s is no name of a launcher", *name ? name : "an empty word");
    if (!list && !wordlist_fits(argv + optind + 1))
        say_die(SAY_USAGE, "%s: a command may have " WORDLIST_LIMIT, name);
    if (foreign_fill())
        say_die_errno("unable to open /dev/null");
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        say_die_errno("unable to set up signals");
    greet();
    return list ? show_queues() : run(argv + optind + 1, now, seconds);
}

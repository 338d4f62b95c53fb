/* A board is held by a connection to its helper, so holding one is keeping a descriptor
   open; the command does not inherit it, and neither do the daemons it leaves behind.

   Several pools are taken one after the other, in the order of their families and then
   of their names, and never two of one family, which may share boards: so nobody waits
   for a board while he holds one that comes later, and no two commands can wait for each
   other. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "conf.h"
#include "dial.h"
#include "hold.h"
#include "keeper.h"
#include "roll.h"
#include "say.h"

enum {
    GRACE = 5000,    /* milliseconds between SIGTERM and SIGKILL when a board is lost */
    PATIENCE = 2000, /* milliseconds between two lines about waiting */
    YEAR = 31536000
};

static struct hold pools[HOLD_MAX]; /* as the user named them */
static struct hold *order[HOLD_MAX];
static unsigned count;

/* The pools of `NAME[+NAME...]`. */
static void name_pools(const char *text)
{
    for (size_t n;; text += n + 1) {
        struct hold *h = &pools[count];
        n = strcspn(text, "+");
        if (count == HOLD_MAX)
            say_die(SAY_USAGE, "at most %d pools can be held at a time", HOLD_MAX);
        if (n < CONF_NAME)
            memcpy(h->pool, text, n);
        if (!conf_is_name(h->pool))
            say_die(SAY_USAGE, "'%.*s' is not the name of a pool", (int)n, text);
        h->helper.fd = -1;
        order[count++] = h;
        if (!text[n])
            return;
    }
}

/* Without the configuration two pools may share boards for all we know: then it must not
   be for ever that we wait. */
static void sort_pools(int limited)
{
    unsigned k;
    const char *one, *other;
    if (hold_families(pools, count) < 0 && !limited)
        say_die_errno("without -n or -w, several pools need %s/config.cdb", roll_state());
    k = hold_order(order, count);
    if (!k)
        return;
    one = order[k - 1]->pool;
    other = order[k]->pool;
    if (!strcmp(one, other))
        say_die(SAY_USAGE,
                "%s is named twice: to wait for one board of a pool while "
                "holding another could last for ever",
                one);
    say_die(SAY_USAGE,
            "%s and %s share boards, maybe through other pools: to wait for one "
            "while holding the other could last for ever",
            one, other);
}

/* Let nobody who starts after us find our boards held. */
static void __attribute__((noreturn)) leave(int code)
{
    hold_leave(pools, count);
    exit(code);
}

/* The answer is no, or there is none. */
static void __attribute__((noreturn)) refused(const struct hold *h)
{
    int no = h->code == MESSAGE_BUSY || h->code == MESSAGE_PERMISSION ||
             h->code == MESSAGE_UNKNOWNBOARD;
    say_info(h->code == MESSAGE_UNKNOWNBOARD ? "%s: %s: vlab-ls lists them" : "%s: %s",
             h->pool, h->text);
    leave(no ? SAY_NO : SAY_SYSTEM);
}

static void lost(const struct hold *h)
{
    if (*h->host)
        say_info("%s: board %s port %s is lost: %s", h->pool, h->host, h->port, h->text);
    else
        say_info("%s: %s", h->pool, h->text);
}

/* Each session is told; the first one's helper lives as long as we do. */
static void hear_wall(const struct hold *h)
{
    if (h == order[0])
        say_info("wall: %s", h->text);
}

/* On a terminal, somebody wants to know what takes so long. Returns when to look again.
 */
static long long report(const struct hold *h, long *told, long long *when)
{
    if (h->ahead == *told || !isatty(2))
        return -1;
    if (dial_now() < *when)
        return *when;
    if (h->ahead < 0)
        say_info("waiting for %s", h->pool);
    else
        say_info("waiting for %s, %ld ahead", h->pool, h->ahead);
    *told = h->ahead;
    *when = dial_now() + PATIENCE;
    return -1;
}

/* Is it too late for an answer, or for the board? */
static void check_time(struct hold *h, int in_line, long long limit, long long answer)
{
    if (in_line && limit >= 0 && !dial_left(limit)) {
        h->code = MESSAGE_BUSY;
        h->text = message_text(MESSAGE_BUSY);
        refused(h);
    }
    if (!in_line && !dial_left(dial_sooner(limit, answer)))
        say_die(SAY_SYSTEM, "the helper at %s does not answer", helper_socket());
}

/* Take the board of order[k] before the limit, or, unless wait, now or not at all. */
static void take(unsigned k, int wait, long long limit)
{
    struct hold *h = order[k], *from;
    long long start = dial_now(), when = start + PATIENCE, until;
    long told = -2;
    int what;
    if (hold_ask(h, wait) < 0)
        say_die(SAY_SYSTEM, "unable to reach the helper at %s: %s", helper_socket(),
                helper_error(errno));
    for (;;) {
        int in_line = wait && h->known;
        until = in_line ? limit : dial_sooner(limit, start + HOLD_ANSWER);
        if (in_line)
            until = dial_sooner(until, report(h, &told, &when));
        what = hold_wait(order, k + 1, -1, until, &from);
        if (what < 0)
            say_die_errno("unable to wait for the helper");
        if (what == HOLD_GRANTED && from == h)
            return;
        if (what == HOLD_WALL)
            hear_wall(from);
        if (what == HOLD_REFUSED)
            refused(from);
        if (what == HOLD_LOST) {
            lost(from);
            leave(SAY_SYSTEM);
        }
        if (what == HOLD_NOTHING)
            check_time(h, wait && h->known, limit, start + HOLD_ANSWER);
    }
}

/* Wait until the command has ended, or must. Returns our exit code. */
static int attend(struct child *c)
{
    struct hold *from;
    long long deadline = -1;
    int code, any_lost = 0;
    for (;;) {
        int r = child_attend(c, &code);
        if (r > 0)
            return any_lost ? SAY_SYSTEM : code;
        if (r == 0)
            r = hold_wait(order, count, c->signals, deadline, &from);
        if (r < 0)
            say_die_errno("unable to wait for the command");
        if (r == HOLD_WALL)
            hear_wall(from);
        if (r == HOLD_LOST) {
            lost(from);
            if (!any_lost && child_end(c, SIGTERM) < 0)
                say_warn_errno("unable to end the command");
            if (!any_lost)
                deadline = dial_now() + GRACE;
            any_lost = 1;
        }
        if (deadline >= 0 && !dial_left(deadline)) {
            deadline = -1;
            child_end(c, SIGKILL);
        }
    }
}

static int run(char **argv)
{
    struct child c;
    int r = child_start(&c, argv);
    if (!r)
        return attend(&c);
    if (r < 0)
        say_die_errno("unable to start %s", argv[0]);
    r = errno == ENOENT ? KEEPER_MISSING : KEEPER_CANNOT;
    say_warn_errno("unable to run %s", argv[0]);
    _exit(r);
}

/* What we open must not become the command's standard descriptors, nor our messages go to
   a helper. */
static void fill_standard(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= 2);
    if (fd < 0)
        say_die_errno("unable to open /dev/null");
    close(fd);
}

int main(int argc, char **argv)
{
    unsigned long seconds = 0;
    long long limit = -1;
    int c, limited = 0;
    say_name("vlab-lock",
             "vlab-lock [-n] [-w seconds] pool[+pool...] command [word...]\n\n"
             "Run a command while holding a board of each pool; see vlab-lock(1).");
    while ((c = say_options(argc, argv, "nw:")) != -1) {
        limited = 1;
        seconds = 0;
        if (c == 'w' && say_number(optarg, 0, YEAR, &seconds) < 0)
            say_die(SAY_USAGE, "-w %s: a whole number of seconds, at most %d", optarg,
                    YEAR);
    }
    if (argc - optind < 2)
        say_usage();
    if (seconds)
        limit = dial_now() + seconds * 1000LL;
    fill_standard();
    name_pools(argv[optind]);
    if (count > 1)
        sort_pools(limited);
    for (unsigned k = 0; k < count; k++)
        take(k, !limited || seconds, limit);
    if (hold_environment(pools, count) < 0)
        say_die_errno("unable to set the environment");
    leave(run(argv + optind + 1));
}

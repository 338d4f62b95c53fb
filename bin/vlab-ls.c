/* vlab-ls: the status. It opens rolls for reading only, so it wakes nobody who watches
   them, itself included. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "changes.h"
#include "conf.h"
#include "helper.h"
#include "message.h"
#include "must.h"
#include "report.h"
#include "say.h"
#include "status.h"

enum { HOUR = 3600000 }; /* milliseconds; somebody may set the clock */

static int json, code = SAY_DONE;
static char **wanted; /* pools, until 0; none: all */
static struct status status;
static struct conf conf;
static struct helper helper = {.fd = -1};

static void log_in(void)
{
    char *line = 0;
    int k = helper_login(&helper, conf_setting(&conf, CONF_ALIVE), getuid(), 0, &line);

    if (k < 0)
        say_die(SAY_SYSTEM, "unable to ask the helper at %s: %s", helper_socket(),
                helper_error(errno));
    if (k > 0)
        say_die(SAY_NO, "the helper at %s says: %s", helper_socket(), line);
}

/* Fill the status of a pool. Returns 0 when there is nothing to show. */
static int look(const char *pool, struct conf_lines lines, int by_name)
{
    char *line;
    int k;

    if (helper.fd < 0) {
        if (status_look(&status, pool, lines))
            say_die_errno("unable to read the rolls of the pool %s", pool);
        return 1;
    }
    if (!by_name && conf_may(&conf, getuid(), "pool", pool) != 1)
        return 0;
    k = status_ask(&status, &helper, pool, lines, &line);
    if (k < 0)
        say_die_errno("unable to ask the helper at %s", helper_socket());
    if (k > 0) {
        say_warn("%s: %s", pool, message_error(line, 0));
        code = SAY_NO;
    }
    return k == 0;
}

/* Returns whether anything was shown. */
static int print_pool(FILE *out, const char *pool, int by_name, int shown)
{
    struct conf_lines lines = must_pool(&conf, pool);

    if (!look(pool, lines, by_name))
        return shown;
    if (json)
        report_json_pool(out, pool, lines, &status, !shown);
    else
        report_pool(out, pool, lines, &status);
    return 1;
}

static void print_all(FILE *out)
{
    struct conf_lines pools;
    char pool[CONF_WORD];
    int shown = 0, removed = 0, i, k;

    if (json)
        report_json_begin(out);
    for (i = 0; wanted[i]; ++i)
        shown = print_pool(out, wanted[i], 1, shown);
    if (!*wanted) {
        k = conf_find(&conf, "pools", 0, &pools);
        if (k < 0)
            say_die_errno("unable to read the config");
        while (k && conf_line(&pools, "pool", pool))
            shown = print_pool(out, pool, 0, shown);
        removed = helper.fd < 0;
        if (!shown && !removed) {
            say_warn("there is no pool for you");
            code = SAY_NO;
        }
    }
    if (removed && status_removed(&status, &conf))
        must_fail("board", 0);
    if (json)
        report_json_end(out, removed ? &status : 0);
    else if (removed)
        report_removed(out, &status);
}

static int may_look(void)
{
    int may = status_may_look();

    if (may < 0)
        must_fail("board", 0);
    return may;
}

/* The whole listing, in memory to be freed. */
static char *listing(void)
{
    char *text = 0;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int i;

    if (!out)
        say_die_errno("unable to keep the listing");
    must_conf(&conf);
    for (i = 0; wanted[i]; ++i)
        must_pool(&conf, wanted[i]);
    if (!may_look())
        log_in();
    status.until = 0;
    print_all(out);
    helper_close(&helper);
    conf_close(&conf);
    if (ferror(out) || fclose(out))
        say_die_errno("unable to keep the listing");
    return text;
}

static void put(const char *text)
{
    size_t n = strlen(text);
    ssize_t w;

    while (n) {
        w = write(1, text, n);
        if (w < 0 && errno != EINTR)
            say_die_errno("unable to write the listing");
        if (w > 0) {
            text += w;
            n -= (size_t)w;
        }
    }
}

/* How long until an offline mark ends, for poll(2). */
static int time_left(void)
{
    struct timespec now;
    long long left;

    if (!status.until)
        return -1;
    clock_gettime(CLOCK_REALTIME, &now);
    left = status.until * 1000 - now.tv_sec * 1000LL - now.tv_nsec / 1000000 + 1;
    return left < 0 ? 0 : left > HOUR ? HOUR : (int)left;
}

static void watch(void)
{
    const char *what;
    int terminal = isatty(1), fd;
    char *text, *shown = 0;

    if (!may_look())
        must_deny(1);
    fd = changes_open(&what);
    if (fd < 0)
        say_die_errno("unable to watch %s", what ? what : "for changes");
    do {
        text = listing();
        if (!shown || strcmp(text, shown) != 0) {
            if (terminal)
                put("\033[H\033[2J");
            else if (shown && !json)
                put("\n");
            put(text);
        }
        free(shown);
        shown = text;
    } while (changes_wait(fd, time_left()) >= 0);
    if (errno != EPIPE)
        say_die_errno("unable to wait for changes");
}

int main(int argc, char **argv)
{
    int c, watching = 0;

    say_name("vlab-ls", "vlab-ls [-j] [-w] [pool...]\n\n"
                        "Show who has which board, and who waits; see vlab-ls(1).");
    while ((c = say_options(argc, argv, "jw")) != -1)
        if (c == 'j')
            json = 1;
        else
            watching = 1;
    wanted = argv + optind;
    if (watching)
        watch();
    else
        put(listing());
    return code;
}

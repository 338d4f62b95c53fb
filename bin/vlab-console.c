/* A command, or a board's UART, on a pseudo-terminal that has a number in the lab, and
   those attached to it. Its process stands apart from us, who are but the first of
   them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "conf.h"
#include "console.h"
#include "dial.h"
#include "say.h"
#include "stage.h"
#include "text.h"
#include "tidy.h"
#include "who.h"

static void print(unsigned long number, uid_t owner, const char *said)
{
    char name[WHO_NAME], since[TEXT_TIME];
    unsigned long attached;
    long long begun;
    int at = 0;
    if (sscanf(said, "%lld %lu %n", &begun, &attached, &at) != 2 || !at)
        return;
    who_user(owner, name);
    printf("%-8lu %-12s %s %2lu %s\n", number, name, text_time(since, begun), attached,
           said + at);
}

static int list(void)
{
    if (console_list(print))
        say_die_errno("unable to read %s", console_dir());
    if (fflush(stdout))
        say_die_errno("unable to print the list");
    return SAY_DONE;
}

static int stay(int fd, unsigned long number)
{
    int code = attach_run(fd, number);
    if (code < 0)
        say_die(SAY_SYSTEM, "console %lu was hung up", number);
    return code;
}

static int attach(unsigned long number)
{
    char why[CONSOLE_LINE], name[WHO_NAME];
    uid_t owner;
    int k, fd = console_reach(number, &owner, dial_now() + CONSOLE_PATIENCE);
    if (fd < 0 && errno == ENOENT)
        say_die(SAY_NO, "there is no console %lu: vlab-console -l lists them", number);
    if (fd < 0)
        say_die_errno("unable to reach console %lu", number);
    who_user(owner, name);
    if (getuid() && owner != getuid())
        say_die(SAY_NO, "console %lu is %s's", number, name);
    k = attach_ask(fd, why);
    if (k < 0)
        say_die_errno("console %lu does not answer", number);
    if (k == 0)
        say_die(SAY_NO, "console %lu: %s", number, why);
    return stay(fd, number);
}

/* Is it one word, and a pool? Then the command is the relay's, which holds a board of it.
 */
static int is_pool(char **words)
{
    struct conf_lines lines;
    struct conf c;
    int is;
    if (words[1] || !conf_is_name(words[0]) || conf_open(&c))
        return 0;
    is = conf_find(&c, "pool", words[0], &lines) == 1;
    conf_close(&c);
    return is;
}

static int begin(char **words)
{
    static char relay[] = "vlab-relay", option[] = "-c";
    static char connect[CONF_NAME + 16], text[CONSOLE_LINE / 2], who[CONSOLE_WHO];
    char *pool[] = {relay, option, connect, 0};
    struct stage s = {.text = text, .words = words, .who = who};
    size_t n = 0;
    int fd;
    for (char **w = words; *w && n < sizeof text; w++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", *w);
    for (char *p = text; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    attach_name(who, sizeof who);
    if (is_pool(words)) {
        snprintf(connect, sizeof connect, "connect %s", words[0]);
        s.words = pool;
        s.typed = "useuart 0\n";
    }
    s.listener = console_take(console_node(), &s.number);
    if (s.listener < 0 && errno == ENOSPC)
        say_die(SAY_NO, "all consoles of this host are in use");
    if (s.listener < 0)
        say_die_errno("unable to make a console in %s", console_dir());
    fd = stage_begin(&s, 0);
    if (fd < 0) {
        int saved = errno;
        console_leave(s.number);
        errno = saved;
        say_die_errno("unable to begin console %lu", s.number);
    }
    return stay(fd, s.number);
}

int main(int argc, char **argv)
{
    unsigned long number = 0;
    int c, lists = 0, attaches = 0;
    say_name("vlab-console",
             "vlab-console [-l] [-a number] [command [word...]]\n\n"
             "Run a command on a console that others attach to; see vlab-console(1).");
    while ((c = say_options(argc, argv, "a:l")) != -1)
        if (c == 'l')
            lists = 1;
        else if (attaches = 1, say_number(optarg, 0, CONSOLE_LAST, &number))
            say_die(SAY_USAGE, "-a %s: a number of a console, see vlab-console -l",
                    optarg);
    if (lists + attaches + (argc > optind) != 1)
        say_usage();
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (lists)
        return list();
    return attaches ? attach(number) : begin(argv + optind);
}

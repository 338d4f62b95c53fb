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
#include "device.h"
#include "dial.h"
#include "door.h"
#include "map.h"
#include "member.h"
#include "message.h"
#include "say.h"
#include "stage.h"
#include "survey.h"
#include "text.h"
#include "tidy.h"
#include "who.h"

static void show(const char *number, const char *owner, long long begun,
                 const char *attached, const char *command)
{
    char since[TEXT_TIME];
    printf("%-8s %-12s %s %2s %s\n", number, owner, text_time(since, begun), attached,
           command);
}

static void print(unsigned long n, uid_t uid, const char *said)
{
    char owner[WHO_NAME], number[16], line[CONSOLE_LINE], *word[3];
    unsigned long begun;
    snprintf(line, sizeof line, "%s", said);
    if (message_split(line, word, 3) != 3 || say_number(word[0], 0, -1ul >> 1, &begun))
        return;
    snprintf(number, sizeof number, "%lu", n);
    who_user(uid, owner);
    show(number, owner, (long long)begun, word[1], word[2]);
}

/* A node that does not answer has none that could be reached. */
static void list_of(unsigned node)
{
    char line[CONSOLE_LINE], *word[5];
    long long deadline = dial_now() + CONSOLE_PATIENCE;
    unsigned long number, begun;
    int fd;
    if (door_open(node, "console", deadline, &fd, 0, line) != 1)
        return;
    if (message_send(fd, "list") == 0)
        while (console_hear(fd, line, deadline) == 0)
            if (message_split(line, word, 5) == 5 &&
                !say_number(word[0], 0, CONSOLE_LAST, &number) &&
                number / CONSOLE_OF_NODE == node &&
                !say_number(word[2], 0, -1ul >> 1, &begun))
                show(word[0], word[1], (long long)begun, word[3], word[4]);
    close(fd);
}

/* Those that do not answer cost no more time than one of them. */
static void list_others(void)
{
    unsigned own = console_node();
    struct survey s;
    struct conf c;
    if (conf_open(&c))
        return;
    if (map_count(&c)) {
        if (survey(&s, &c, "state"))
            say_die_errno("unable to ask the nodes");
        for (unsigned i = 0; i < s.count; i++)
            if (s.node[i].number != own && survey_is_up(&s.node[i]))
                list_of(s.node[i].number);
        survey_free(&s);
    }
    conf_close(&c);
}

static int list(void)
{
    if (console_list(print))
        say_die_errno("unable to read %s", console_dir());
    list_others();
    if (fflush(stdout))
        say_die_errno("unable to print the list");
    return SAY_DONE;
}

static int stay(const struct attach *a)
{
    int code = attach_run(a);
    if (code < 0)
        say_die(SAY_SYSTEM, "console %lu was hung up", a->number);
    return code;
}

static int reach_here(unsigned long number, uid_t *owner)
{
    int fd = console_reach(number, owner, dial_now() + CONSOLE_PATIENCE);
    if (fd < 0 && errno == ENOENT)
        say_die(SAY_NO, "there is no console %lu: vlab-console -l lists them", number);
    if (fd < 0)
        say_die_errno("unable to reach console %lu", number);
    return fd;
}

static int reach_node(unsigned long number)
{
    unsigned node = (unsigned)(number / CONSOLE_OF_NODE);
    char why[DOOR_LINE];
    int fd, k = door_open(node, "console", dial_now() + DOOR_PATIENCE, &fd, 0, why);
    if (k < 0 && errno == ENXIO)
        say_die(SAY_NO, "there is no node %u: vlab-node lists them", node);
    if (k < 0)
        say_die(SAY_SYSTEM, "unable to reach node %u: %s", node, door_error(errno));
    if (k == 0)
        say_die(SAY_NO, "console %lu: %s", number, message_error(why, 0));
    if (message_send(fd, "to %lu", number))
        say_die_errno("unable to ask node %u", node);
    return fd;
}

static int attach(unsigned long number, int writes)
{
    unsigned long node = number / CONSOLE_OF_NODE;
    int here = node == 0 || node == console_node();
    struct attach a = {.number = number, .writes = writes};
    char why[CONSOLE_LINE];
    int k;
    a.fd = here ? reach_here(number, &a.owner) : reach_node(number);
    k = attach_ask(&a, !here, why);
    if (k < 0)
        say_die_errno("console %lu does not answer", number);
    if (k == 0)
        say_die(SAY_NO, "console %lu: %s", number, why);
    return stay(&a);
}

static int is_pool(const char *name)
{
    struct conf_lines lines;
    struct conf c;
    int is;
    if (!conf_is_name(name) || conf_open(&c))
        return 0;
    is = conf_find(&c, "pool", name, &lines) == 1;
    conf_close(&c);
    return is;
}

/* A pool, and perhaps the number of a UART? Then the command is the relay's, which holds
   a board of it. */
static int is_uart(char **words, unsigned long *uart)
{
    *uart = 0;
    return (!words[1] ||
            (!words[2] && !say_number(words[1], 0, DEVICE_UARTS - 1, uart))) &&
           is_pool(words[0]);
}

static void describe(char **words, char *text, size_t size)
{
    size_t n = 0;
    for (; *words && n < size; words++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " " : "", *words);
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* A node that is to be left has no new ones. Users may not read its roll, so its door
   says what it is; a node without a door keeps nobody away. */
static void ask_node(void)
{
    struct door_said node = {0};
    char why[DOOR_LINE], text[MEMBER_REFUSAL];
    struct member m;
    int fd, k = member_self(&m);
    if (k == 1) {
        node.number = m.node;
        node.state = m.state;
        strcpy(node.reason, m.reason);
    }
    if (k < 0 && console_node() &&
        door_open(console_node(), "state", dial_now() + DOOR_PATIENCE, &fd, &node, why) ==
            1)
        close(fd);
    if (node.number && node.state != MEMBER_UP)
        say_die(SAY_NO, "%s", member_refusal(text, node.number, node.state, node.reason));
}

static int begin(char **words, const char *pool)
{
    static char relay[] = "vlab-relay", option[] = "-c";
    static char connect[CONF_NAME + 16], typed[32], text[CONSOLE_LINE / 2];
    static char who[CONSOLE_WHO];
    char *relayed[] = {relay, option, connect, 0};
    struct stage s = {.text = text, .words = words, .pool = pool, .who = who};
    struct attach a = {.owner = getuid()};
    unsigned long uart;
    describe(words, text, sizeof text);
    console_name(getuid(), who);
    if (pool && !is_pool(pool))
        say_die(SAY_NO, "there is no pool %s: vlab-ls lists them", pool);
    if (is_uart(words, &uart)) {
        snprintf(connect, sizeof connect, "connect %s", words[0]);
        snprintf(typed, sizeof typed, "useuart %lu\n", uart);
        s.words = relayed;
        s.typed = typed;
        s.pool = pool ? pool : words[0];
    }
    ask_node();
    s.listener = console_take(console_node(), &s.number);
    if (s.listener < 0 && errno == ENOSPC)
        say_die(SAY_NO, "all consoles of this host are in use");
    if (s.listener < 0 && errno == EDQUOT)
        say_die(SAY_NO, "you have %d consoles, which is the most: vlab-console -l",
                CONSOLE_OF_USER);
    if (s.listener < 0 && errno == ETIMEDOUT)
        say_die(SAY_SYSTEM,
                "a process of yours has locked %s/.%lu and does not go on: "
                "end it (fuser says which one it is)",
                console_dir(), (unsigned long)geteuid());
    if (s.listener < 0 && errno == ENOENT)
        say_die(
            SAY_SYSTEM,
            "unable to make a console in %s: %s: root makes it by install -d -m 1777 %s",
            console_dir(), strerror(errno), console_dir());
    if (s.listener < 0)
        say_die_errno("unable to make a console in %s", console_dir());
    a.number = s.number;
    a.fd = stage_begin(&s, 0);
    if (a.fd < 0) {
        int saved = errno;
        console_leave(s.number);
        errno = saved;
        say_die_errno("unable to begin console %lu", s.number);
    }
    return stay(&a);
}

int main(int argc, char **argv)
{
    unsigned long number = 0;
    const char *pool = 0;
    int c, lists = 0, attaches = 0, writes = 0, begins;
    say_name("vlab-console",
             "vlab-console -l\n"
             "vlab-console [-w] -a number\n"
             "vlab-console [-p pool] command [word...]\n"
             "vlab-console [-p pool] pool [uart]\n\n"
             "Run a command on a console that others attach to; see vlab-console(1).");
    while ((c = say_options(argc, argv, "a:lp:w")) != -1)
        if (c == 'l')
            lists = 1;
        else if (c == 'w')
            writes = 1;
        else if (c == 'p')
            pool = optarg;
        else if (attaches = 1, say_number(optarg, 0, CONSOLE_LAST, &number))
            say_die(SAY_USAGE,
                    "-a %s: not a number of a console: vlab-console -l lists them",
                    optarg);
    begins = argc > optind;
    if (lists + attaches + begins != 1 || (writes && !attaches) || (pool && !begins))
        say_usage();
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (lists)
        return list();
    return attaches ? attach(number, writes) : begin(argv + optind, pool);
}

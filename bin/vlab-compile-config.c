#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accounts.h"
#include "board.h"
#include "dial.h"
#include "doubts.h"
#include "must.h"
#include "owner.h"
#include "parse.h"
#include "publish.h"
#include "say.h"
#include "whole.h"

enum {
    CONF_MAX = 64 << 20,      /* bytes of the config */
    DATABASE_MAX = 512 << 20, /* bytes of a user or group database */
    PATIENCE = 2,             /* seconds a person waits without a word */
    EVERY = 200               /* milliseconds between two words on the same */
};

static const char *conf; /* the file */
static struct errors errors, doubts;
static struct parse parse;
static struct accounts accounts;
static char *stayed;         /* of each board: was it in the config before? */
static struct names removed; /* boards that were and are not */

static void read_file(const char *path, size_t max, char **text, size_t *size)
{
    if (whole_read(path, max, text, size) == 0)
        return;
    if (errno == EFBIG)
        say_die(SAY_USAGE, "%s is larger than %zu MiB", path, max >> 20);
    say_die_errno("unable to read %s", path);
}

/* A file to read users or groups from, or 0 for the system's. It is in memory, because
   fgetpwent(3) seeks at each line. */
static FILE *open_file(const char *path)
{
    char *text;
    size_t size;
    FILE *file;

    if (!path)
        return 0;
    read_file(path, DATABASE_MAX, &text, &size);
    file = fmemopen(text, size, "r");
    if (!file)
        say_die_errno("unable to read %s", path);
    return file;
}

static void read_accounts(const char *passwd, const char *group)
{
    FILE *users = open_file(passwd), *groups = open_file(group);

    if (accounts_read(&accounts, &parse.values[PARSE_GROUP], &parse.values[PARSE_USER],
                      users, groups) < 0)
        say_die_errno("unable to read the users and groups");
}

static void tell_errors(struct errors *e, const char *before, const char *more)
{
    unsigned n = errors_sort(e), i;

    for (i = 0; i < n; i++)
        fprintf(stderr, "%s:%u: %s%s\n", conf, e->kept[i].line, before, e->kept[i].what);
    if (e->count > n)
        fprintf(stderr, "%s: %s%u more %s\n", conf, before, e->count - n, more);
}

/* Read and check all there is; ends the program if something is wrong. */
static void check(const char *passwd, const char *group)
{
    char *text;
    size_t size;

    read_file(conf, CONF_MAX, &text, &size);
    if (parse_text(&parse, text, size, &errors) < 0)
        say_die_errno("unable to read %s", conf);
    free(text);
    read_accounts(passwd, group);
    parse_unknown(&parse, accounts.known_groups, accounts.known_users, &errors);
    if (parse_check(&parse, &errors) < 0)
        say_die_errno("unable to check %s", conf);
    tell_errors(&errors, "", "errors");
    if (errors.count)
        exit(SAY_USAGE);
    doubts_find(&parse, &doubts);
    tell_errors(&doubts, "warning: ", "warnings");
}

static struct roll reload; /* open, and its gate held, as long as we live */

/* The alarm can only come while fcntl(2) waits, so its handler may print. */
static void tell_waiting(int sig)
{
    int saved = errno;
    pid_t pid = 0;

    (void)sig;
    if (roll_gatekeeper(&reload, &pid) == 1) {
        if (pid)
            say_info("waiting for another vlab-compile-config (pid %ld)", (long)pid);
        else
            say_info("waiting for a vlab-compile-config on another host");
    }
    errno = saved;
}

static int wait_for_gate(void)
{
    struct sigaction tell = {.sa_handler = tell_waiting};
    int result;

    sigaction(SIGALRM, &tell, 0);
    if (isatty(2))
        alarm(PATIENCE);
    result = roll_gate(&reload);
    alarm(0);
    return result;
}

/* One reload at a time. What is read later is then newer than what anybody has published.
 */
static void begin(struct owner *owner)
{
    if (owner_find(owner) < 0) {
        if (errno == EPERM)
            must_deny(0);
        if (errno == ENOENT)
            say_die(SAY_SYSTEM,
                    "there is no state directory: type "
                    "`install -d -m 755 -o vlab -g vlab %s'",
                    roll_state());
        say_die_errno("unable to use the state directory %s", roll_state());
    }
    umask(0);
    if (owner_enter(owner) < 0)
        say_die_errno("unable to become the owner of %s", roll_state());
    if (roll_open(&reload, "reload", 0, ROLL_CREATE) < 0 || wait_for_gate() < 0)
        say_die_errno("unable to lock %s/reload", roll_state());
    if (owner_leave() < 0)
        say_die_errno("unable to become root again");
}

static void compare(const char *old_board)
{
    unsigned n = names_find(&parse.values[PARSE_ADDRESS], old_board);

    if (n != NAMES_NONE)
        stayed[n] = 1;
    else if (names_add(&removed, old_board) == NAMES_NONE)
        say_die_errno("unable to read the old config");
}

/* Compare the boards with those of the config that is in force. */
static void read_old(void)
{
    struct conf_lines pools, boards;
    char name[CONF_WORD];
    struct conf c;

    stayed = calloc((size_t)parse.values[PARSE_ADDRESS].count + 1, 1);
    if (!stayed)
        say_die_errno("unable to read the old config");
    if (conf_open(&c) < 0) {
        if (errno != ENOENT)
            say_warn_errno("unable to read the old %s/config.cdb", roll_state());
        return;
    }
    if (conf_find(&c, "pools", 0, &pools) == 1)
        while (conf_line(&pools, "pool", name))
            if (conf_find(&c, "pool", name, &boards) == 1)
                while (conf_line(&boards, "board", name))
                    compare(name);
    conf_close(&c);
}

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

static void tell_removed(const char *address)
{
    struct board_state s;

    if (board_look(address, &s) < 0) {
        if (errno != ENOENT)
            say_warn_errno("unable to look who holds %s", address);
        s.state = BOARD_FREE;
    }
    if (s.state == BOARD_HELD)
        printf("removed %s, still held by %s (%u session%s)\n", address, s.user,
               s.sessions, plural(s.sessions));
    else
        printf("removed %s\n", address);
}

static void tell(void)
{
    enum { ALWAYS = 3 };
    const struct names *boards = &parse.values[PARSE_ADDRESS];
    const struct {
        unsigned n;
        const char *what;
    } count[] = {{parse.names[PARSE_POOL].count, "pool"},
                 {boards->count, "board"},
                 {accounts.uids, "user"},
                 {parse.names[PARSE_BOARD].count, "board end"},
                 {parse.names[PARSE_LAUNCH].count, "launcher"},
                 {parse.nodes, "node"}};
    unsigned i;

    for (i = 0; i < sizeof count / sizeof *count; i++)
        if (i < ALWAYS || count[i].n)
            printf("%s%u %s%s", i ? ", " : "vlab-compile-config: ", count[i].n,
                   count[i].what, plural(count[i].n));
    putchar('\n');
    for (i = 0; i < boards->count; i++)
        if (!stayed[i])
            printf("added %s\n", boards->text[i]);
    for (i = 0; i < removed.count; i++)
        tell_removed(removed.text[i]);
    if (fflush(stdout) != 0 || ferror(stdout))
        say_die_errno("the new config is in force, but it cannot be told");
}

/* On a terminal, one line that counts, when it takes long. */
static long long next_word;
static int told_made;

static void tell_made(unsigned done, unsigned all)
{
    if (next_word < 0 || dial_now() < next_word)
        return;
    next_word = dial_now() + EVERY;
    told_made = 1;
    fprintf(stderr, "\rvlab-compile-config: made %u of %u rolls", done, all);
}

static void put_in_force(void)
{
    const char *doing;
    int result, saved;

    next_word = isatty(2) ? dial_now() + PATIENCE * 1000 : -1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    result = publish(&parse, &accounts, tell_made, &doing);
    saved = errno;
    if (told_made)
        putc('\n', stderr);
    errno = saved;
    if (result < 0)
        say_die_errno("unable to %s", doing);
}

int main(int argc, char **argv)
{
    const char *passwd = 0, *group = 0;
    struct owner owner;
    int c, check_only = 0;

    say_name("vlab-compile-config",
             "vlab-compile-config [-n] [-p passwd] [-g group] [conf]\n\n"
             "Check the config of the lab and put it in force; see "
             "vlab-compile-config(8).");
    while ((c = say_options(argc, argv, "np:g:")) != -1)
        if (c == 'n')
            check_only = 1;
        else if (c == 'p')
            passwd = optarg;
        else
            group = optarg;
    if (argc - optind > 1)
        say_usage();
    conf = argv[optind] ? argv[optind] : getenv("VLAB_CONF");
    if (!conf || !*conf)
        conf = "/etc/vlab.conf";
    if (!check_only)
        begin(&owner);
    check(passwd, group);
    if (check_only)
        return SAY_DONE;
    if (owner_stay(&owner) < 0)
        say_die_errno("unable to become the owner of %s", roll_state());
    read_old();
    put_in_force();
    tell();
    return SAY_DONE;
}

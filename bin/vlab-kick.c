/* vlab-kick: end the sessions of a board, of a user, or of a user on a board.

   Who holds a board is looked at, and told to end, with the board's gate held: nobody can
   join it meanwhile, so the signal hits who was meant, or nobody. The waiting is done
   without the gate, on pidfds, which name the same process for ever. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "address.h"
#include "board.h"
#include "conf.h"
#include "dial.h"
#include "must.h"
#include "rolls.h"
#include "say.h"
#include "text.h"

enum { TELL = 2000, KILL = 5000, GIVE_UP = 10000 }; /* milliseconds after SIGTERM */

/* Sessions told to end: what to poll, and who that is. */
static struct pollfd *polled;
static struct told {
    long pid;
    char user[CONF_NAME], board[CONF_ADDRESS];
} * told;
static size_t count, room;

static char note[ROLL_TEXT - 1] = "the administrator has ended this session";
static const char *wanted; /* user name or number; 0: anybody */
static char holder[CONF_NAME];
static int code = SAY_DONE;

static void make_room(void)
{
    if (count < room)
        return;
    room = room ? 2 * room : 64;
    polled = realloc(polled, room * sizeof *polled);
    told = realloc(told, room * sizeof *told);
    if (!polled || !told)
        say_die_errno("unable to remember %zu sessions", room);
}

static int is_wanted(const char *user, uid_t uid)
{
    unsigned long number;

    if (!wanted || strcmp(wanted, user) == 0)
        return 1;
    return say_number(wanted, 0, (uid_t)-1, &number) == 0 && (uid_t)number == uid;
}

/* Tell one session to end. Needs the board's gate. */
static void end_session(struct roll *r, const struct roll_entry *e, const char *user,
                        const char *address)
{
    int fd;

    make_room();
    if (roll_note(r, e->record, note))
        say_warn_errno("unable to leave the text for pid %ld", (long)e->pid);
    fd = roll_signal(r, e, SIGTERM);
    if (fd >= 0) {
        polled[count].fd = fd;
        polled[count].events = POLLIN;
        told[count].pid = (long)e->pid;
        strcpy(told[count].user, user);
        snprintf(told[count].board, CONF_ADDRESS, "%s", address);
        ++count;
        return;
    }
    if (errno == ESRCH)
        return;
    code = SAY_SYSTEM;
    if (errno == EXDEV)
        say_warn("%s holds %s from %s (pid %ld): run vlab-kick there", user, address,
                 e->host, (long)e->pid);
    else
        say_warn_errno("unable to signal pid %ld of %s", (long)e->pid, user);
    roll_note(r, e->record, "");
}

/* Tell the sessions of a board that are wanted to end. */
static void end_sessions(struct roll *r, const char *address)
{
    struct roll_entry e = {0};
    char user[CONF_NAME];
    uid_t uid;
    int k;

    if (roll_gate(r))
        must_fail("board", address);
    while ((k = roll_next(r, &e)) > 0) {
        if (board_session(&e, user, &uid))
            continue;
        if (is_wanted(user, uid))
            end_session(r, &e, user, address);
        else
            strcpy(holder, user);
    }
    if (k < 0)
        must_fail("board", address);
    roll_ungate(r);
}

static void kick_board(const char *text)
{
    char address[ADDRESS_MAX];
    struct conf c;
    struct roll r;

    if (conf_open(&c) && errno != ENOENT)
        say_warn_errno("unable to read the config");
    must_address(&c, text, address);
    if (board_open(&r, address, ROLL_WRITE)) {
        if (errno == ENOENT)
            must_no_board(&c, text, address);
        must_fail("board", address);
    }
    conf_close(&c);
    end_sessions(&r, address);
    roll_close(&r);
    if (count || code)
        return;
    if (*holder)
        say_die(SAY_NO, "%s is held by %s, not by %s", address, holder, wanted);
    say_die(SAY_NO, "nobody holds %s", address);
}

static void kick_everywhere(void)
{
    DIR *boards = rolls_open("board");
    const char *address;
    struct roll r;
    int k;

    if (!boards)
        must_fail("board", 0);
    while ((address = rolls_next(boards))) {
        if (board_open(&r, address, ROLL_WRITE))
            must_fail("board", address);
        k = roll_anybody(&r);
        if (k < 0)
            must_fail("board", address);
        if (k)
            end_sessions(&r, address);
        roll_close(&r);
    }
    if (errno)
        must_fail("board", 0);
    closedir(boards);
    if (!count && !code)
        say_die(SAY_NO, "%s holds no board", wanted);
}

/* Wait for those still there until the time. Returns whether all have ended. */
static int wait_until(long long deadline)
{
    size_t i, left;

    for (;;) {
        for (i = left = 0; i < count; ++i)
            left += polled[i].fd >= 0;
        if (!left || dial_left(deadline) == 0)
            return !left;
        if (poll(polled, count, dial_left(deadline)) < 0 && errno != EINTR)
            say_die_errno("unable to wait for the sessions to end");
        for (i = 0; i < count; ++i)
            if (polled[i].fd >= 0 && polled[i].revents) {
                close(polled[i].fd);
                polled[i].fd = -1;
            }
    }
}

static void wait_for_all(void)
{
    long long start = dial_now();
    size_t i;

    if (wait_until(start + TELL))
        return;
    for (i = 0; i < count && isatty(2); ++i)
        if (polled[i].fd >= 0)
            say_info("waiting for pid %ld of %s to leave %s", told[i].pid, told[i].user,
                     told[i].board);
    if (wait_until(start + KILL))
        return;
    for (i = 0; i < count; ++i)
        if (polled[i].fd >= 0)
            syscall(SYS_pidfd_send_signal, polled[i].fd, SIGKILL, 0, 0);
    if (wait_until(start + GIVE_UP))
        return;
    for (i = 0; i < count; ++i)
        if (polled[i].fd >= 0)
            say_warn("pid %ld of %s does not leave %s", told[i].pid, told[i].user,
                     told[i].board);
    code = SAY_SYSTEM;
}

/* Each session told to end costs a descriptor until it has. */
static void allow_descriptors(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

int main(int argc, char **argv)
{
    struct owner owner;
    int c;

    say_name("vlab-kick",
             "vlab-kick [-m text] [-u user] board\n"
             "vlab-kick [-m text] -u user\n\n"
             "End the sessions of a board, of a user, or of a user on a board; "
             "see vlab-kick(8).");
    while ((c = say_options(argc, argv, "m:u:")) != -1)
        if (c == 'u')
            wanted = optarg;
        else if (text_copy(note, sizeof note, optarg))
            say_die(SAY_USAGE, "the text is longer than %zu characters", sizeof note - 1);
    if (argc - optind > 1 || (argc == optind && !wanted))
        say_usage();
    must_own(&owner);
    allow_descriptors();
    if (argc > optind)
        kick_board(argv[optind]);
    else
        kick_everywhere();
    wait_for_all();
    return code;
}

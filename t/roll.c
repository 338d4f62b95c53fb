/* roll: lib/roll by hand, for the tests. `roll KIND NAME MODE [COMMAND]`, where MODE is
   read, write or create and NAME may be `-` for none, opens a roll and carries out
   COMMAND, or the commands from descriptor 0, one a line, until its end:

       join FIRST LAST TEXT   take a record, with the gate: `joined RECORD`
       leave                  give it up
       call                   the living: `RECORD PID SINCE TEXT`, then `end`
       anybody                1 or 0
       header, set TEXT       read and write the header
       read RECORD            the line of a record, living or not
       note RECORD TEXT       leave a note; mynote reads the one left to us
       signal RECORD SIGNAL   by roll_signal: `sent`
       gate, ungate
       hold N, drop N         a ticket
       before N, after N      the next living ticket: `N`, or `none`
       waiters                the line, called: `TICKET USER UID PID`, then `end`
       board                  the state of a board: `free`, `held USER UID SESSIONS` or
                              `offline UNTIL REASON`

   What fails prints `error NAME` with the name of its errno. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "queue.h"
#include "say.h"
#include "ticket.h"

enum { MOST = 1024 };

static struct queue queue;
static struct roll *const roll = &queue.roll;

static void failed(void)
{
    printf("error %s\n", strerrorname_np(errno));
}

/* Print what a call that returns 0 or -1 came to. */
static void tell(int k)
{
    if (k)
        failed();
    else
        puts("ok");
}

static void join(const char *text)
{
    unsigned first, last;
    int n = 0, k;

    if (sscanf(text, "%u %u %n", &first, &last, &n) < 2)
        say_die(SAY_USAGE, "join FIRST LAST TEXT");
    if (roll_gate(roll))
        say_die_errno("gate");
    k = roll_join(roll, first, last, text + n);
    roll_ungate(roll);
    if (k)
        failed();
    else
        printf("joined %u\n", roll->record);
}

static void call(void)
{
    struct roll_entry e = {0};
    int k;

    while ((k = roll_next(roll, &e)) > 0)
        printf("%u %ld %lld %s\n", e.record, (long)e.pid, e.since, e.text);
    if (k)
        failed();
    else
        puts("end");
}

static void waiters(void)
{
    static struct roll_entry e[MOST];
    unsigned long long ticket;
    char user[CONF_NAME];
    uid_t uid;
    long i, n = queue_call(&queue, e, MOST);

    for (i = 0; i < n; ++i)
        if (queue_waiter(e + i, user, &uid, &ticket) == 0)
            printf("%llu %s %lu %ld\n", ticket, user, (unsigned long)uid, (long)e[i].pid);
    if (n < 0)
        failed();
    else
        puts("end");
}

static void board(void)
{
    struct board_state s;

    if (board_read(roll, &s))
        failed();
    else if (s.state == BOARD_FREE)
        puts("free");
    else if (s.state == BOARD_HELD)
        printf("held %s %ld %u\n", s.user, (long)(int)s.uid, s.sessions);
    else
        printf("offline %lld %s\n", s.until, s.reason);
}

static void send_signal(const char *text)
{
    struct roll_entry e = {0};
    unsigned record = 0;
    int sig = 0, fd, k;

    sscanf(text, "%u %d", &record, &sig);
    while ((k = roll_next(roll, &e)) > 0 && e.record < record)
        ;
    if (k <= 0 || e.record != record)
        errno = ENOENT;
    fd = k > 0 && e.record == record ? roll_signal(roll, &e, sig) : -1;
    if (fd < 0)
        failed();
    else
        puts("sent");
    if (fd >= 0)
        close(fd);
}

static void find_ticket(int (*find)(const struct roll *, unsigned long long,
                                    unsigned long long *),
                        unsigned long long number)
{
    unsigned long long ticket;
    int k = find(roll, number, &ticket);

    if (k > 0)
        printf("%llu\n", ticket);
    else if (k == 0)
        puts("none");
    else
        failed();
}

static void text_of(int k, const char *text)
{
    if (k)
        failed();
    else
        printf("<%s>\n", text);
}

static void obey(const char *line)
{
    char order[16] = "", text[ROLL_TEXT];
    unsigned long long number;
    int n = 0;

    sscanf(line, "%15s %n", order, &n);
    line += n;
    number = strtoull(line, 0, 10);
    if (strcmp(order, "join") == 0)
        join(line);
    else if (strcmp(order, "leave") == 0) {
        roll_leave(roll);
        puts("ok");
    } else if (strcmp(order, "call") == 0)
        call();
    else if (strcmp(order, "anybody") == 0)
        printf("%d\n", roll_anybody(roll));
    else if (strcmp(order, "header") == 0)
        text_of(roll_header(roll, text), text);
    else if (strcmp(order, "set") == 0)
        tell(roll_set_header(roll, line));
    else if (strcmp(order, "read") == 0)
        text_of(roll_read(roll, (unsigned)number, text), text);
    else if (strcmp(order, "note") == 0)
        tell(roll_note(roll, (unsigned)number,
                       strchr(line, ' ') ? strchr(line, ' ') + 1 : ""));
    else if (strcmp(order, "mynote") == 0)
        text_of(roll_read_note(roll, text), text);
    else if (strcmp(order, "signal") == 0)
        send_signal(line);
    else if (strcmp(order, "gate") == 0)
        tell(roll_gate(roll));
    else if (strcmp(order, "ungate") == 0) {
        roll_ungate(roll);
        puts("ok");
    } else if (strcmp(order, "hold") == 0)
        tell(ticket_hold(roll, number));
    else if (strcmp(order, "drop") == 0) {
        ticket_drop(roll, number);
        puts("ok");
    } else if (strcmp(order, "before") == 0)
        find_ticket(ticket_before, number);
    else if (strcmp(order, "after") == 0)
        find_ticket(ticket_after, number);
    else if (strcmp(order, "waiters") == 0)
        waiters();
    else if (strcmp(order, "board") == 0)
        board();
    else
        say_die(SAY_USAGE, "what does `%s` mean?", order);
}

int main(int argc, char **argv)
{
    char line[2048];
    int mode;

    say_name("roll", "roll KIND NAME read|write|create [COMMAND]");
    if (argc < 4 || argc > 5)
        say_usage();
    setvbuf(stdout, 0, _IOLBF, 0);
    mode = *argv[3] == 'r' ? ROLL_READ : *argv[3] == 'w' ? ROLL_WRITE : ROLL_CREATE;
    if (roll_open(roll, argv[1], strcmp(argv[2], "-") ? argv[2] : 0, mode)) {
        failed();
        return SAY_NO;
    }
    if (argc == 5)
        obey(argv[4]);
    else
        while (fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\n")] = 0;
            obey(line);
        }
    return SAY_DONE;
}

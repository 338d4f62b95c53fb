/* line: many clients at a line, for the tests. Run by root, who may speak for others.

       line barge POOL N SEED UID...   somebody always waits for the one board of POOL,
           which goes from hand to hand N times, while others ask for it without waiting:
           they must always hear busy. The last UID is theirs.
       line drain POOL N SEED UID...   N clients stand in line for the one board of POOL;
           some hang up, some are killed, before and while the line moves; all the rest
           must get the board, in order. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "dial.h"
#include "helper.h"
#include "message.h"
#include "queue.h"
#include "say.h"

enum { MOST = 512, BARGERS = 4, PATIENCE = 20000 };

static const char *pool;
static uid_t uids[64];
static unsigned uid_count;

static unsigned pick(unsigned n)
{
    return (unsigned)rand() % n;
}

static void login(struct helper *h, uid_t uid)
{
    char *why;
    int k = helper_login(h, 30, uid, 0, &why);

    if (k < 0)
        say_die_errno("unable to connect");
    if (k > 0)
        say_die(SAY_SYSTEM, "the helper says: %s", why);
}

static void ask(struct helper *h, const char *how)
{
    if (message_send(h->fd, "boardrequest %s%s", pool, how))
        say_die_errno("unable to write to the helper");
}

/* The next answer that is no remark. */
static const char *answer(struct helper *h)
{
    char *line;

    do
        if (helper_line(h, dial_now() + PATIENCE, &line) != 1)
            say_die(SAY_NO, "no answer from the helper");
    while (strncmp(line, "rem", 3) == 0);
    return line;
}

static void expect(struct helper *h, const char *start)
{
    const char *line = answer(h);

    if (strncmp(line, start, strlen(start)) != 0)
        say_die(SAY_NO, "heard `%s` instead of `%s`", line, start);
}

static void expect_in_line(struct helper *h)
{
    char *line;

    if (helper_line(h, dial_now() + PATIENCE, &line) != 1 || strncmp(line, "rem", 3))
        say_die(SAY_NO, "a waiter heard no remark");
}

static void barge(unsigned n)
{
    static struct helper holder, next, bargers[BARGERS];
    unsigned i, k, honest = uid_count - 1;

    for (k = 0; k < BARGERS; ++k)
        login(bargers + k, uids[honest]);
    login(&holder, uids[0]);
    ask(&holder, "");
    expect(&holder, "boardassign");
    for (i = 1; i <= n; ++i) {
        unsigned early = pick(BARGERS + 1);

        login(&next, uids[i % honest]);
        ask(&next, " wait");
        expect_in_line(&next);
        for (k = 0; k < early; ++k)
            ask(bargers + k, "");
        helper_close(&holder);
        for (; k < BARGERS; ++k)
            ask(bargers + k, "");
        for (k = 0; k < BARGERS; ++k)
            expect(bargers + k, "error busy");
        expect(&next, "boardassign");
        holder = next;
    }
}

static struct helper clients[MOST];
static struct queue queue;
static struct roll_entry called[MOST];
static unsigned long long tickets[MOST];
static unsigned places[MOST];

static long call(void)
{
    long n = queue_call(&queue, called, MOST);

    if (n < 0)
        say_die_errno("unable to call the line");
    return n;
}

/* The number of the next ticket: the line's header. */
static unsigned long long next_ticket(void)
{
    char text[ROLL_TEXT];

    if (roll_header(&queue.roll, text))
        say_die_errno("unable to read the line");
    return strtoull(text, 0, 10);
}

static void stand(unsigned i)
{
    long long end = dial_now() + PATIENCE;
    unsigned long long before = next_ticket();

    login(clients + i, uids[i % uid_count]);
    ask(clients + i, " new wait");
    while ((tickets[i] = next_ticket()) == before)
        if (dial_now() > end)
            say_die(SAY_NO, "client %u is not in the line", i);
    --tickets[i];
}

/* Hang up, or have the helper that stands at this place of the line killed, and with it
   whoever of the clients it serves: the one whose connection ends. */
static void lose_one(unsigned n)
{
    unsigned i = pick(n);
    long k = pick(2) ? call() : 0;
    int fd;

    if (k == 0) {
        helper_close(clients + i);
        return;
    }
    fd = roll_signal(&queue.roll, called + pick((unsigned)k), SIGKILL);
    if (fd >= 0)
        close(fd);
}

/* Client i has the board: whoever came before it must have left the line by now. */
static void check_order(unsigned i)
{
    unsigned long long ticket;
    char user[CONF_NAME];
    uid_t uid;
    long k, n = call();

    for (k = 0; k < n; ++k)
        if (queue_waiter(called + k, user, &uid, &ticket) || ticket < tickets[i])
            say_die(SAY_NO, "ticket %llu was passed by: %s", tickets[i], called[k].text);
}

/* The numbers of those ahead may only fall, and who is granted has been told of none. */
static void check_place(unsigned i, const char *line)
{
    unsigned n = 0;

    if (sscanf(line, "rem waiting %u ahead", &n) == 1 && n >= places[i])
        say_die(SAY_NO, "client %u had %u ahead, then %u", i, places[i], n);
    if (strncmp(line, "boardassign", 11) == 0 && places[i] != 0)
        say_die(SAY_NO, "client %u was granted with %u ahead", i, places[i]);
    places[i] = n;
}

static void listen_to(unsigned i, unsigned *granted)
{
    char *line;

    do {
        if (helper_line(clients + i, dial_now() + PATIENCE, &line) != 1) {
            helper_close(clients + i);
            return;
        }
        check_place(i, line);
        if (strncmp(line, "boardassign", 11) == 0) {
            check_order(i);
            ++*granted;
            helper_close(clients + i);
            return;
        }
    } while (clients[i].at < clients[i].have);
}

static void drain(unsigned n)
{
    static struct pollfd p[MOST];
    static struct helper holder;
    unsigned i, left = n, granted = 0, before;

    if (queue_open(&queue, "line", pool, ROLL_READ))
        say_die_errno("unable to open the line");
    login(&holder, uids[0]);
    ask(&holder, "");
    expect(&holder, "boardassign");
    for (i = 0; i < n; ++i) {
        places[i] = n;
        stand(i);
        if (pick(8) == 0)
            lose_one(i + 1);
    }
    helper_close(&holder);
    while (left) {
        for (i = 0, left = 0; i < n; ++i) {
            p[i].fd = clients[i].fd;
            p[i].events = POLLIN;
            left += p[i].fd >= 0;
        }
        if (left && poll(p, n, PATIENCE) <= 0)
            say_die(SAY_NO, "the line stands still, with %u in it", left);
        for (i = 0; i < n; ++i) {
            before = granted;
            if (clients[i].fd >= 0 && p[i].revents)
                listen_to(i, &granted);
            if (granted > before && pick(3) == 0)
                lose_one(n);
        }
    }
    printf("%u of %u were granted\n", granted, n);
    if (granted < n / 3)
        say_die(SAY_NO, "that is too few to show anything");
}

int main(int argc, char **argv)
{
    unsigned n, i;

    say_name("line", "line barge|drain POOL N SEED UID...");
    if (argc < 7 || argc > 6 + 64)
        say_usage();
    pool = argv[2];
    n = (unsigned)atoi(argv[3]);
    if (n > MOST)
        say_usage();
    srand((unsigned)atoi(argv[4]));
    for (i = 5; i < (unsigned)argc; ++i)
        uids[uid_count++] = (uid_t)atoi(argv[i]);
    for (i = 0; i < MOST; ++i)
        clients[i].fd = -1;
    if (strcmp(argv[1], "barge") == 0)
        barge(n);
    else
        drain(n);
    return SAY_DONE;
}

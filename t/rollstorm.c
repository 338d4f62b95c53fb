/* rollstorm: many processes at one roll, some of which are killed. For the tests.

       rollstorm churn PROCESSES KILLS SEED   they join and leave, and are killed: no two
           ever have the same record, and what is seen living is whole
       rollstorm hold PROCESSES KILLS SEED    they join and stay; after some were killed
           the call names exactly those that live */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "roll.h"
#include "say.h"

enum { MOST = 128 };

/* Shared: whose each record is, and who is about to be killed and cannot say so. */
static struct {
    pid_t owner[MOST + 1], pids[MOST];
    int doomed[MOST], joined[MOST], bad;
} * shared;

static unsigned processes;
static struct roll the_roll, *const roll = &the_roll;

static unsigned pick(unsigned n)
{
    return (unsigned)rand() % n;
}

/* A text that shows when a part of it is missing, or another's: `LENGTH PID xx...x PID`.
 */
static void make_text(char *text, pid_t pid)
{
    unsigned n = pick(120);

    text += sprintf(text, "%u %ld ", n, (long)pid);
    memset(text, 'x', n);
    sprintf(text + n, " %ld", (long)pid);
}

static int is_whole(const struct roll_entry *e)
{
    unsigned n;
    long a, b;
    int at = 0;

    return sscanf(e->text, "%u %ld %n", &n, &a, &at) == 2 && at > 0 &&
           strspn(e->text + at, "x") == n && sscanf(e->text + at + n, "%ld", &b) == 1 &&
           a == b && a == e->pid;
}

static void join(void)
{
    char text[ROLL_TEXT];

    make_text(text, getpid());
    if (roll_gate(roll) || roll_join(roll, 1, processes, text))
        say_die_errno("unable to join");
    roll_ungate(roll);
}

static void wrong(const char *what, unsigned record)
{
    printf("record %u: %s\n", record, what);
    fflush(stdout);
    shared->bad = 1;
}

/* Does the owner of a record only seem to be one, because it is killed? */
static int is_doomed(pid_t pid)
{
    unsigned i;

    for (i = 0; i < processes; ++i)
        if (__atomic_load_n(shared->pids + i, __ATOMIC_SEQ_CST) == pid)
            return __atomic_load_n(shared->doomed + i, __ATOMIC_SEQ_CST);
    return 1;
}

static void churn(void)
{
    pid_t before, self, *owner;

    for (;;) {
        join();
        owner = shared->owner + roll->record;
        before = __atomic_exchange_n(owner, getpid(), __ATOMIC_SEQ_CST);
        if (before && !is_doomed(before))
            wrong("has two holders", roll->record);
        if (pick(2))
            poll(0, 0, (int)pick(3));
        self = getpid();
        __atomic_compare_exchange_n(owner, &self, 0, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
        roll_leave(roll);
    }
}

static void hold(unsigned i)
{
    join();
    __atomic_store_n(shared->joined + i, 1, __ATOMIC_SEQ_CST);
    for (;;)
        pause();
}

/* A child has an open roll of its own: locks are not inherited. */
static void start(unsigned i, int stay)
{
    unsigned seed = (unsigned)rand();
    pid_t pid;

    shared->joined[i] = shared->doomed[i] = 0;
    pid = fork();
    if (pid < 0)
        say_die_errno("unable to fork");
    if (pid) {
        __atomic_store_n(shared->pids + i, pid, __ATOMIC_SEQ_CST);
        return;
    }
    srand(seed);
    if (stay)
        hold(i);
    churn();
}

static void kill_one(unsigned i)
{
    pid_t pid = shared->pids[i], owner;
    unsigned n;

    __atomic_store_n(shared->doomed + i, 1, __ATOMIC_SEQ_CST);
    kill(pid, SIGKILL);
    while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
        ;
    for (n = 1; n <= processes; ++n) {
        owner = pid;
        __atomic_compare_exchange_n(shared->owner + n, &owner, 0, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
    }
}

/* Nobody leaves or dies meanwhile: so each record seen living has the line of one of
   them, not of who had it before. */
static int all_have_joined(void)
{
    struct roll_entry e = {0};
    unsigned i, joined = 0;

    while (roll_next(roll, &e) > 0) {
        for (i = 0; i < processes && shared->pids[i] != e.pid; ++i)
            ;
        if (i == processes || !is_whole(&e))
            wrong("has not its holder's line", e.record);
    }
    for (i = 0; i < processes; ++i)
        joined += (unsigned)__atomic_load_n(shared->joined + i, __ATOMIC_SEQ_CST);
    return joined == processes;
}

static void wait_for_all(void)
{
    while (!all_have_joined())
        if (waitpid(-1, 0, WNOHANG) > 0)
            say_die(SAY_NO, "a process did not join");
}

static unsigned look(void)
{
    struct roll_entry e = {0};
    unsigned n;
    int k;

    for (n = 0; (k = roll_next(roll, &e)) > 0; ++n)
        if (!is_whole(&e)) {
            printf("%s\n", e.text);
            wrong("is not whole", e.record);
        }
    if (k < 0)
        say_die_errno("unable to call the roll");
    return n;
}

static void watch_churn(unsigned kills)
{
    unsigned seen = 0, i;

    for (; kills && !shared->bad; --kills) {
        for (i = 0; i < 10; ++i)
            seen += look();
        i = pick(processes);
        kill_one(i);
        start(i, 0);
    }
    printf("%u seen\n", seen);
}

/* The call names each of the living once, in ascending order, and nobody else. */
static void check_call(const int *dead)
{
    struct roll_entry e = {0};
    unsigned i, last = 0, n = 0, living = 0;

    for (i = 0; i < processes; ++i)
        living += !dead[i];
    while (roll_next(roll, &e) > 0) {
        for (i = 0; i < processes && shared->pids[i] != e.pid; ++i)
            ;
        if (i == processes || dead[i] || e.record <= last || !is_whole(&e))
            wrong("should not be called", e.record);
        last = e.record;
        ++n;
    }
    if (n != living)
        wrong("and others are not called", last);
}

static void watch_hold(unsigned kills)
{
    unsigned i, n, killed = 0;
    int dead[MOST];

    while (killed < kills && !shared->bad) {
        wait_for_all();
        memset(dead, 0, sizeof dead);
        for (n = 1 + pick(processes / 2); n; --n) {
            i = pick(processes);
            if (!dead[i]) {
                kill_one(i);
                dead[i] = 1;
                ++killed;
            }
        }
        check_call(dead);
        for (i = 0; i < processes; ++i)
            if (dead[i])
                start(i, 1);
    }
    printf("%u killed\n", killed);
}

int main(int argc, char **argv)
{
    unsigned i, n;

    say_name("rollstorm", "rollstorm churn|hold PROCESSES KILLS SEED");
    if (argc != 5 || atoi(argv[2]) > MOST)
        say_usage();
    processes = (unsigned)atoi(argv[2]);
    n = (unsigned)atoi(argv[3]);
    srand((unsigned)atoi(argv[4]));
    shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    if (shared == MAP_FAILED)
        say_die_errno("no memory");
    if (roll_open(roll, "board", "storm", ROLL_CREATE))
        say_die_errno("unable to make a roll");
    for (i = 0; i < processes; ++i)
        start(i, *argv[1] != 'c');
    if (*argv[1] == 'c')
        watch_churn(n);
    else
        watch_hold(n);
    for (i = 0; i < processes; ++i)
        kill_one(i);
    return shared->bad ? SAY_NO : SAY_DONE;
}

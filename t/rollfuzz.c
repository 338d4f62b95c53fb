/* rollfuzz: processes hold the records of a roll, whose bytes are random; all who read
   rolls read it. For the tests: `rollfuzz PROCESSES ROUNDS SEED`. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "board.h"
#include "queue.h"
#include "say.h"
#include "wall.h"

enum { MOST = 128 };

static unsigned processes;
static struct queue queue;
static struct roll *const roll = &queue.roll;

static unsigned pick(unsigned n)
{
    return (unsigned)rand() % n;
}

static void __attribute__((noreturn)) wrong(const char *what)
{
    say_die(SAY_NO, "%s", what);
}

/* A process that has joined when this returns, and lives no longer than we do. */
static void start(void)
{
    int ends[2];
    char byte;
    pid_t pid;

    if (pipe(ends) || (pid = fork()) < 0)
        say_die_errno("unable to start a process");
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) || roll_gate(roll) ||
            roll_join(roll, 1, processes, "user 1000 1"))
            say_die_errno("unable to join");
        roll_ungate(roll);
        if (write(ends[1], "", 1) == 1)
            for (;;)
                pause();
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1)
        wrong("a process did not join");
    close(ends[0]);
}

static void spoil(void)
{
    static const char *const numbers[] = {
        "18446744073709551615", "9223372036854775807", "4611686018427387904", "-1",
        "1152921504606846976",  "offline 9999999999 ", "offline -1 x",        "0"};
    off_t at = (off_t)pick(2 * (processes + 1)) * ROLL_TEXT;
    char bytes[ROLL_TEXT];
    unsigned i;

    for (i = 0; i < sizeof bytes; ++i)
        bytes[i] = (char)(pick(4) ? 33 + pick(94) : pick(3) ? ' ' : pick(256));
    if (pick(2))
        i = (unsigned)snprintf(bytes, sizeof bytes, "%s %s %s", numbers[pick(8)],
                               pick(2) ? "host" : numbers[pick(8)], numbers[pick(8)]);
    if (pwrite(roll->fd, bytes, i, pick(3) ? at : 0) < 0)
        say_die_errno("unable to write");
}

static void read_all(void)
{
    static struct roll_entry called[MOST];
    unsigned long long found, last = 0;
    char text[ROLL_TEXT], user[CONF_NAME];
    struct roll_entry e = {0};
    struct board_state state;
    unsigned n;
    uid_t uid;
    int fd;

    for (n = 0; roll_next(roll, &e) > 0; ++n) {
        board_session(&e, user, &uid);
        queue_waiter(&e, user, &uid, &found);
        fd = roll_signal(roll, &e, 0);
        if (fd >= 0)
            close(fd);
    }
    if (n != processes)
        wrong("a record is not called");
    if (board_read(roll, &state) || state.state != BOARD_HELD)
        wrong("the board is not held");
    if (queue_call(&queue, called, MOST) != (long)processes)
        wrong("a waiter is not called");
    roll_header(roll, text);
    roll_read(roll, pick(70000), text);
    wall_next(&last, text);
}

/* Whatever stands in the file, who holds a lock is there, and the line can be joined. */
static void fuzz(unsigned rounds)
{
    for (; rounds; --rounds) {
        spoil();
        read_all();
        if (pick(8))
            continue;
        if (roll_gate(roll) || queue_join(&queue, 1000, "user", 0))
            wrong("the line cannot be joined");
        queue_leave(&queue);
        roll_ungate(roll);
    }
}

int main(int argc, char **argv)
{
    unsigned i;

    say_name("rollfuzz", "rollfuzz PROCESSES ROUNDS SEED");
    if (argc != 4 || atoi(argv[1]) > MOST)
        say_usage();
    processes = (unsigned)atoi(argv[1]);
    srand((unsigned)atoi(argv[3]));
    /* The one roll that lib/wall reads, too. */
    if (roll_open(roll, "wall", 0, ROLL_CREATE))
        say_die_errno("unable to make a roll");
    for (i = 0; i < processes; ++i)
        start();
    fuzz((unsigned)atoi(argv[2]));
    return SAY_DONE;
}

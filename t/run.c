/* run: lib/run by hand, for the tests.

       run [-nadsx] [-m MOST] [-t SECONDS] [-w SECONDS] [-T TEXT] [-u UID] [-i FILE]
           [-o FILE] [-l FILE] [-C DIRECTORY] [-e NAME=VALUE]... [-k WHO:MILLISECONDS]
   SLOT WORKERS WORD...

   prints what happens: `queued N`, `started N`, `ended exit|signal N`, `late`, `full`,
   `failed ERRNO`, `gone`, and obeys lines of descriptor 0: `signal N`, `end`. WORKERS is
   a number, or a file that has it. -a: the line is never full; -n: do not wait; -s, -d:
   stay, detached; -u: the command is this user; -i, -o: its input and its output; -l:
   begin and ended write there; -T: what it is; -x: the first slot is locked, unseen; -k:
   kill -9 us (0), the runner (1), its child, the guard (2), or the command (3) after that
   time, if it is there. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "run.h"
#include "say.h"
#include "slot.h"
#include "ticket.h"

static char *environment[64] = {"PATH=/usr/bin:/bin"};
static const char *count, *which;
static int record = -1, victim = -1, after, locked;

/* The runner cannot see a lock of its own, but it is in the way of one that is shared. */
static void lock_unseen(void)
{
    static struct roll r;

    if (roll_open(&r, "slot", which, ROLL_CREATE) || ticket_hold(&r, 1))
        say_die_errno("unable to lock the first slot");
}

static unsigned workers(void *arg)
{
    unsigned n = 0;
    FILE *f;

    (void)arg;
    if (locked)
        lock_unseen();
    if (*count >= '0' && *count <= '9')
        return (unsigned)atoi(count);
    f = fopen(count, "re");
    if (f && fscanf(f, "%u", &n) != 1)
        n = 0;
    if (f)
        fclose(f);
    return n;
}

static void note(const char *what, unsigned n)
{
    if (record >= 0 && dprintf(record, "%s %u\n", what, n) < 0)
        say_warn_errno("unable to write what happens");
}

static int begin(void *arg, unsigned slot)
{
    (void)arg;
    note("begin", slot);
    return 0;
}

static void ended(void *arg, int status, int error)
{
    (void)arg;
    (void)error;
    note("ended", (unsigned)status);
}

static int tell(struct run *r)
{
    int value;

    switch (run_news(r, &value)) {
    case RUN_NOTHING:
        break;
    case RUN_FULL:
        puts("full");
        break;
    case RUN_QUEUED:
        printf("queued %d\n", value);
        break;
    case RUN_STARTED:
        printf("started %d\n", value);
        break;
    case RUN_ENDED:
        if (WIFSIGNALED(value))
            printf("ended signal %d\n", WTERMSIG(value));
        else
            printf("ended exit %d\n", WEXITSTATUS(value));
        break;
    case RUN_LATE:
        puts("late");
        break;
    case RUN_FAILED:
        printf("failed %s\n", strerrorname_np(value));
        break;
    case RUN_GONE:
        puts("gone");
        break;
    }
    return r->news >= 0;
}

static int obey(struct run *r)
{
    char line[64];
    int sig;

    if (!fgets(line, sizeof line, stdin))
        return 0;
    if (sscanf(line, "signal %d", &sig) == 1)
        run_signal(r, sig);
    else
        run_end(r);
    return 1;
}

static pid_t child_of(pid_t pid)
{
    char path[64];
    long child = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
    f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &child) != 1)
        child = 0;
    if (f)
        fclose(f);
    return (pid_t)child;
}

static void strike(const struct run *r)
{
    pid_t pid = victim ? r->runner : getpid();

    for (; victim > 1 && pid; --victim)
        pid = child_of(pid);
    if (pid)
        kill(pid, SIGKILL);
}

static void watch(struct run *r)
{
    long long when = victim < 0 ? -1 : dial_now() + after;
    struct pollfd p[2] = {{.fd = 0, .events = POLLIN}, {.events = POLLIN}};

    setvbuf(stdin, 0, _IONBF, 0);
    do {
        p[1].fd = r->news;
        if (poll(p, 2, dial_left(when)) < 0 && errno != EINTR)
            say_die_errno("poll");
        if (when >= 0 && !dial_left(when)) {
            when = -1;
            strike(r);
        }
        if (p[0].revents && !obey(r))
            p[0].fd = -1;
    } while (tell(r));
}

static int file(const char *name, int how)
{
    int fd = open(name, how | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        say_die_errno("%s", name);
    return fd;
}

int main(int argc, char **argv)
{
    struct run_as as = {.group = &as.gid, .groups = 1};
    struct run_order o = {.workers = workers,
                          .most = SLOT_QUEUE,
                          .uid = getuid(),
                          .user = "user",
                          .text = "a test",
                          .directory = "/",
                          .environment = environment,
                          .stream = {-1, -1, -1},
                          .keep = -1,
                          .begin = begin,
                          .ended = ended};
    unsigned variables = 1;
    struct run r;
    int c;

    say_name("run", "run [option...] SLOT WORKERS WORD...");
    setvbuf(stdout, 0, _IOLBF, 0);
    while ((c = say_options(argc, argv, "andsxm:t:w:T:u:i:o:l:C:e:k:")) != -1)
        switch (c) {
        case 'a':
            o.most = SLOT_ALWAYS;
            break;
        case 'n':
            o.most = SLOT_NOWAIT;
            break;
        case 'm':
            o.most = atoi(optarg);
            break;
        case 's':
            o.stays = RUN_STAYS;
            break;
        case 'x':
            locked = 1;
            break;
        case 'd':
            o.stays = RUN_DETACHED;
            break;
        case 'w':
            o.wait = (unsigned)atoi(optarg);
            break;
        case 't':
            o.timeout = (unsigned)atoi(optarg);
            break;
        case 'T':
            o.text = optarg;
            break;
        case 'u':
            as.uid = as.gid = (uid_t)atoi(optarg);
            o.as = &as;
            break;
        case 'i':
            o.stream[0] = file(optarg, O_RDONLY);
            break;
        case 'o':
            o.stream[1] = o.stream[2] = file(optarg, O_WRONLY | O_APPEND);
            break;
        case 'l':
            o.keep = record = file(optarg, O_WRONLY | O_APPEND);
            break;
        case 'C':
            o.directory = optarg;
            break;
        case 'k':
            if (sscanf(optarg, "%d:%d", &victim, &after) != 2)
                say_usage();
            break;
        case 'e':
            environment[variables++ % 63] = optarg;
            break;
        }
    if (argc - optind < 3)
        say_usage();
    o.slot = which = argv[optind];
    count = argv[optind + 1];
    o.argv = argv + optind + 2;
    if (run_start(&r, &o))
        say_die_errno("unable to start");
    for (c = 0; c < 2; ++c)
        if (o.stream[c] >= 0)
            close(o.stream[c]);
    watch(&r);
    return SAY_DONE;
}

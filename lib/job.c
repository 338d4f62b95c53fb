/* The runner (run.h) asks before the command begins and when it has ended, and waits for
   the answer: so there is one moment from which on the command is finished whether our
   session lives or not, and outcomes are told in the order of the commands. Whoever is
   killed, the other sees the end of their connection. */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "output.h"
#include "run.h"
#include "say.h"
#include "store.h"
#include "visit.h"
#include "words.h"

enum { CHUNK = 16384, CHUNKS = 64 };

/* What the runner asks. */
struct question {
    int ended; /* else it is about to begin */
    int status;
};

/* A process has one job. */
static const struct job *job;
static struct store store = {.directory = -1};
static struct run run;
static struct output output;
static char what[CONF_ADDRESS + CONF_NAME + 64];
static int printed;  /* what the command prints */
static int ours;     /* our end of the connection to the runner, */
static int theirs;   /* and its */
static int reported; /* our session knows that it is queued */
static int begun, told, late;

pid_t job_of(const char *text)
{
    long pid;

    return sscanf(text, "%*s %*s %ld", &pid) == 1 && pid > 0 ? (pid_t)pid : 0;
}

static void report(enum message_code code)
{
    int number = code;

    if (job->report >= 0 && !reported && write(job->report, &number, sizeof number) < 0)
        say_warn_errno("%s: unable to report", what);
    reported = 1;
}

static void __attribute__((noreturn)) leave(void)
{
    if (store.directory >= 0)
        store_return(&store);
    _exit(0);
}

/* Nothing has been begun. */
static void __attribute__((noreturn)) refuse(enum message_code code, const char *why)
{
    if (why)
        say_warn_errno("%s: unable to %s", what, why);
    report(code);
    leave();
}

static void tell(const char *outcome)
{
    char line[128];

    if (told)
        return;
    told = 1;
    if (job->bid == 0)
        return;
    snprintf(line, sizeof line, outcome, job->bid);
    if (visit_tell(job->device->address, line))
        say_warn_errno("%s: unable to tell its outcome", what);
}

static void fail(enum message_code code)
{
    char outcome[64];

    snprintf(outcome, sizeof outcome, "programfailed %%lu %s", message_code(code));
    tell(outcome);
}

/* In the runner. Returns 0 when the job agrees. */
static int ask(int ended, int status)
{
    struct question q = {ended, status};
    ssize_t n;
    char yes;

    if (send(theirs, &q, sizeof q, MSG_NOSIGNAL) < 0)
        return -1;
    do
        n = read(theirs, &yes, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? 0 : -1;
}

static int on_begin(void *arg, unsigned slot)
{
    (void)arg, (void)slot;
    return ask(0, 0);
}

static void on_ended(void *arg, int status)
{
    (void)arg;
    ask(1, status);
}

static unsigned one(void *arg)
{
    (void)arg;
    return 1;
}

static void hear(void)
{
    static char data[CHUNK];
    ssize_t n;
    int i;

    for (i = 0; i < CHUNKS && printed >= 0; ++i) {
        n = read(printed, data, sizeof data);
        if (n > 0)
            output_add(&output, data, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else {
            close(printed);
            printed = -1;
        }
    }
}

/* The last line says why, if it is one of the codes. */
static enum message_code reason(void)
{
    char *words[2];
    enum message_code code;

    if (late)
        return MESSAGE_TIMEOUT;
    message_split(output.last, words, 2);
    code = *words[1] ? MESSAGE_CODE_COUNT : message_find(words[0]);
    return code == MESSAGE_CODE_COUNT || code == MESSAGE_NONE ? MESSAGE_UNKNOWN : code;
}

static void conclude(int status)
{
    enum message_code code;

    if (told)
        return;
    hear();
    output_end(&output);
    if (status == 0) {
        say_info("%s: done", what);
        tell("programok %lu");
        return;
    }
    code = reason();
    if (WIFSIGNALED(status))
        say_warn("%s: failed, signal %d: %s", what, WTERMSIG(status), message_code(code));
    else
        say_warn("%s: failed, exit code %d: %s", what, WEXITSTATUS(status),
                 message_code(code));
    fail(code);
}

static int session_is_there(void)
{
    struct pollfd p = {.fd = job->leash, .events = POLLIN};

    return job->leash < 0 || poll(&p, 1, 0) == 0;
}

static void answer(void)
{
    struct question q;

    if (recv(ours, &q, sizeof q, MSG_DONTWAIT) != sizeof q)
        return;
    if (!q.ended && !session_is_there())
        leave();
    report(MESSAGE_NONE);
    begun = 1;
    if (q.ended)
        conclude(q.status);
    if (send(ours, "y", 1, MSG_NOSIGNAL) < 0)
        say_warn("%s: the runner is gone", what);
}

static void __attribute__((noreturn)) end(enum message_code code)
{
    if (!reported)
        refuse(code, 0);
    fail(code);
    leave();
}

static void news(void)
{
    int value;

    switch (run_news(&run, &value)) {
    case RUN_FULL:
        refuse(MESSAGE_PQFULL, 0);
    case RUN_QUEUED:
    case RUN_STARTED:
        report(MESSAGE_NONE);
        break;
    case RUN_LATE:
        say_warn("%s: it takes too long", what);
        late = 1;
        break;
    case RUN_ENDED:
        answer();
        conclude(value);
        leave();
    case RUN_FAILED:
        errno = value;
        say_warn_errno("%s: unable to run its command", what);
        end(MESSAGE_UNKNOWN);
    case RUN_GONE:
        say_warn("%s: its runner was killed", what);
        end(MESSAGE_UNKNOWN);
    case RUN_NOTHING:
        break;
    }
}

static void __attribute__((noreturn)) stand_by(void)
{
    for (;;) {
        struct pollfd p[] = {{.fd = run.news, .events = POLLIN},
                             {.fd = ours, .events = POLLIN},
                             {.fd = printed, .events = POLLIN},
                             {.fd = begun ? -1 : job->leash, .events = POLLIN}};

        if (poll(p, 4, -1) < 0 && errno != EINTR)
            refuse(MESSAGE_UNKNOWN, "wait");
        if (p[1].revents)
            answer();
        if (p[2].revents)
            hear();
        if (p[0].revents)
            news();
        /* The runner sees that we have gone. */
        if (!begun && !session_is_there())
            leave();
    }
}

/* All but 2, a and b. */
static int close_others(int a, int b)
{
    int low = a < b ? a : b, high = a < b ? b : a;
    unsigned from = 3;

    if (low >= 3) {
        if (low > 3 && close_range(from, (unsigned)low - 1, 0))
            return -1;
        from = (unsigned)low + 1;
    }
    if (high >= 3) {
        if (high > (int)from && close_range(from, (unsigned)high - 1, 0))
            return -1;
        from = (unsigned)high + 1;
    }
    return close_range(from, ~0u, 0);
}

/* Whoever ends our session, its terminal or the service does not end us: a signal could
   come in the middle of a board's flash memory. */
static void prepare(void)
{
    static const int deaf[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    sigset_t mask;
    int null, sig;
    size_t i;

    say_forked();
    setsid();
    sigemptyset(&mask);
    for (i = 0; i < sizeof deaf / sizeof *deaf; ++i)
        sigaddset(&mask, deaf[i]);
    sigprocmask(SIG_SETMASK, &mask, 0);
    for (sig = 1; sig < NSIG; ++sig)
        signal(sig, SIG_DFL);
    null = close_others(job->report, job->leash) ? -1 : open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
        prctl(PR_SET_NAME, "vlab-job"))
        refuse(MESSAGE_UNKNOWN, "put the descriptors in order");
    close(null);
}

static void start(char **argv)
{
    static char *const environment[] = {
        (char[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, 0};
    char slot[CONF_ADDRESS + 8], text[64];
    int ends[2], way[2];
    struct run_order order = {.slot = slot,
                              .workers = one,
                              .most = job->bid ? (int)job->device->number[DEVICE_QUEUE]
                                               : SLOT_ALWAYS,
                              .uid = job->uid,
                              .user = job->user,
                              .text = text,
                              .argv = argv,
                              .environment = environment,
                              .directory = "/",
                              .timeout = JOB_TIME,
                              .stays = 1,
                              .begin = on_begin,
                              .ended = on_ended};

    snprintf(slot, sizeof slot, "board:%s", job->device->address);
    snprintf(text, sizeof text, "%ld %lu %lu", (long)getpid(), job->fpga, job->bid);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ||
        pipe2(way, O_CLOEXEC) || fcntl(way[0], F_SETFL, O_NONBLOCK))
        refuse(MESSAGE_UNKNOWN, "make a pipe");
    ours = ends[0];
    theirs = order.keep = ends[1];
    printed = way[0];
    order.stream[0] = -1;
    order.stream[1] = order.stream[2] = way[1];
    if (run_start(&run, &order))
        refuse(MESSAGE_UNKNOWN, "start a runner");
    close(theirs);
    close(way[1]);
}

void job_run(const struct job *j)
{
    static char path[STORE_PATH], room[STORE_PATH + 2 * CONF_WORD], number[24];
    char *argv[WORDS_MAX + 1];
    int n;

    job = j;
    output.what = what;
    snprintf(number, sizeof number, "%lu", j->fpga);
    if (j->bid)
        snprintf(what, sizeof what, "board %s: program %lu %lu of %s", j->device->address,
                 j->fpga, j->bid, j->user);
    else
        snprintf(what, sizeof what, "board %s: reset", j->device->address);
    prepare();
    if (j->bid && store_open(&store, j->device))
        refuse(MESSAGE_UNKNOWN, "open the directory of its bit files");
    if (j->bid && store_lend(&store, j->bid, path))
        refuse(errno == ENOENT ? MESSAGE_DENIED : MESSAGE_UNKNOWN,
               errno == ENOENT ? 0 : "take the bit file");
    if (j->bid) {
        const char *const values[] = {path, number, j->part, j->device->address};

        n = words_split(j->device->program, DEVICE_PROGRAM, values, room, sizeof room,
                        argv);
    } else {
        const char *const values[] = {j->device->address};

        n = words_split(j->device->reset, DEVICE_RESET, values, room, sizeof room, argv);
    }
    if (n < 0)
        refuse(MESSAGE_UNKNOWN, "make words of its command");
    start(argv);
    stand_by();
}

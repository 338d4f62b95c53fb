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
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"
#include "run.h"
#include "say.h"
#include "slot.h"
#include "visit.h"
#include "words.h"

/* What the runner asks. */
struct question {
    int ended; /* else it is about to begin */
    int status;
    int error; /* why it could not be run, else 0 */
};

/* A process has one job. */
static const struct job *job;
static struct run run;
static struct output output;
static int ours;     /* our end of the connection to the runner, */
static int theirs;   /* and its */
static int reported; /* our session knows that it is queued */
static int begun, told, concluded, late;

pid_t job_of(const char *text)
{
    long pid;

    return sscanf(text, "%*s %*s %ld", &pid) == 1 && pid > 0 ? (pid_t)pid : 0;
}

static void report(const struct job *j, enum message_code code)
{
    int number = code;

    if (j->report >= 0 && !reported &&
        write(j->report, &number, sizeof number) != sizeof number)
        say_warn("%s: its session is gone", j->what);
    reported = 1;
}

static void __attribute__((noreturn)) leave(const struct job *j)
{
    if (j->store)
        store_return(j->store);
    _exit(0);
}

void job_refuse(const struct job *j, enum message_code code, const char *why)
{
    if (why)
        say_warn_errno("%s: unable to %s", j->what, why);
    report(j, code);
    leave(j);
}

/* How it ended, to all; MESSAGE_NONE: well. */
static void tell(enum message_code code)
{
    char line[64];

    if (told)
        return;
    told = 1;
    if (job->bid == 0)
        return;
    if (code == MESSAGE_NONE)
        snprintf(line, sizeof line, "programok %lu", job->bid);
    else
        snprintf(line, sizeof line, "programfailed %lu %s", job->bid, message_code(code));
    if (visit_tell(job->device->address, line))
        say_warn_errno("%s: unable to tell its outcome", job->what);
}

/* In the runner. Returns 0 when the job agrees. */
static int ask(int ended, int status, int error)
{
    struct question q = {ended, status, error};
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
    return ask(0, 0, 0);
}

static void on_ended(void *arg, int status, int error)
{
    (void)arg;
    ask(1, status, error);
}

static unsigned one(void *arg)
{
    (void)arg;
    return 1;
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

static void conclude(int status, int error)
{
    enum message_code code = MESSAGE_UNKNOWN;

    if (concluded)
        return;
    concluded = 1;
    output_read(&output);
    output_end(&output);
    if (status == 0) {
        say_info("%s: done", job->what);
        tell(MESSAGE_NONE);
        return;
    }
    if (!error)
        code = reason();
    errno = error;
    if (error)
        say_warn_errno("%s: unable to run %s", job->what, job->argv[0]);
    else if (WIFSIGNALED(status))
        say_warn("%s: failed, signal %d: %s", job->what, WTERMSIG(status),
                 message_code(code));
    else
        say_warn("%s: failed, exit code %d: %s", job->what, WEXITSTATUS(status),
                 message_code(code));
    tell(code);
}

static int session_is_there(void)
{
    struct pollfd p = {.fd = job->leash, .events = POLLIN};
    return job->leash < 0 || poll(&p, 1, 0) == 0;
}

static void answer(void)
{
    struct question q;
    ssize_t n = recv(ours, &q, sizeof q, MSG_DONTWAIT);

    if (n == 0) {
        close(ours);
        ours = -1;
    }
    if (n != sizeof q)
        return;
    if (!q.ended && !session_is_there())
        leave(job);
    report(job, MESSAGE_NONE);
    begun = 1;
    if (q.ended)
        conclude(q.status, q.error);
    if (send(ours, "y", 1, MSG_NOSIGNAL) < 0)
        say_warn("%s: the runner is gone", job->what);
}

static void __attribute__((noreturn)) end(enum message_code code)
{
    if (!reported)
        job_refuse(job, code, 0);
    tell(code);
    leave(job);
}

static void news(void)
{
    int value;

    switch (run_news(&run, &value)) {
    case RUN_FULL:
        job_refuse(job, MESSAGE_PQFULL, 0);
    case RUN_QUEUED:
    case RUN_STARTED:
        report(job, MESSAGE_NONE);
        break;
    case RUN_LATE:
        say_warn("%s: it takes too long", job->what);
        late = 1;
        break;
    case RUN_ENDED:
        answer();
        conclude(value, 0);
        leave(job);
    case RUN_FAILED:
        errno = value;
        if (!concluded)
            say_warn_errno("%s: unable to take its turn", job->what);
        end(MESSAGE_UNKNOWN);
    case RUN_GONE:
        answer();
        say_warn("%s: its runner was killed", job->what);
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
                             {.fd = output.fd, .events = POLLIN},
                             {.fd = begun ? -1 : job->leash, .events = POLLIN}};

        if (poll(p, 4, -1) < 0 && errno != EINTR)
            job_refuse(job, MESSAGE_UNKNOWN, "wait");
        /* That it is late was said before that it has ended. */
        if (p[0].revents) {
            news();
            continue;
        }
        if (p[1].revents)
            answer();
        if (p[2].revents)
            output_read(&output);
        /* The runner sees that we have gone. */
        if (!begun && !session_is_there())
            leave(job);
    }
}

static void start(void)
{
    static char path[] = "PATH=" WORDS_PATH;
    static char *const environment[] = {path, 0};
    char slot[DEVICE_SLOT], text[64];
    int ends[2], way[2];
    struct run_order order = {.slot = device_slot(slot, job->device->address),
                              .workers = one,
                              .most = job->bid ? (int)job->device->number[DEVICE_QUEUE]
                                               : SLOT_ALWAYS,
                              .uid = job->uid,
                              .user = job->user,
                              .text = text,
                              .argv = job->argv,
                              .environment = environment,
                              .directory = "/",
                              .timeout = (unsigned)job->device->number[DEVICE_TIMEOUT],
                              .stays = RUN_STAYS,
                              .begin = on_begin,
                              .ended = on_ended};

    snprintf(text, sizeof text, "%ld %lu %lu", (long)getpid(), job->fpga, job->bid);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ||
        pipe2(way, O_CLOEXEC) || fcntl(way[0], F_SETFL, O_NONBLOCK))
        job_refuse(job, MESSAGE_UNKNOWN, "make a pipe");
    ours = ends[0];
    theirs = order.keep = ends[1];
    output.fd = way[0];
    order.stream[0] = -1;
    order.stream[1] = order.stream[2] = way[1];
    if (run_start(&run, &order))
        job_refuse(job, MESSAGE_UNKNOWN, "start a runner");
    close(theirs);
    close(way[1]);
}

void job_run(const struct job *j)
{
    job = j;
    /* Our session may be killed at any time, and what has begun is finished. */
    signal(SIGPIPE, SIG_IGN);
    output.what = j->what;
    start();
    stand_by();
}

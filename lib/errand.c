/* When the client is gone, only his command is left: what it says is read and thrown
   away, so that it can end in its own way, as long as it may. */
#include "errand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "guest.h"
#include "message.h"
#include "owner.h"
#include "run.h"
#include "say.h"
#include "slot.h"

enum { GRACE = RUN_GRACE * 1000 };

/* A process has one. */
static const struct errand *errand;
static struct streams *client;
static struct run run;
static char last[FRAME_LINE_MAX + 1]; /* what is said at the end; "": it has not come */
static int started, late, gone, told_end;
static long ahead, told; /* places in the line, -1: none */
static long long kill_at, lose_at;

static void conclude(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void conclude(const char *format, ...)
{
    va_list args;
    if (*last)
        return;
    va_start(args, format);
    vsnprintf(last, sizeof last, format, args);
    va_end(args);
}

static void conclude_error(enum message_code code, const char *text)
{
    conclude("error %s %s", message_code(code), text);
}

/* It has not come to a slot. */
static void conclude_none(int e)
{
    if (e == ETIMEDOUT)
        conclude_error(MESSAGE_BUSY, "no worker was free in time");
    else if (e == ECANCELED)
        conclude_error(MESSAGE_UNKNOWNLAUNCHER, message_text(MESSAGE_UNKNOWNLAUNCHER));
    else {
        errno = e;
        say_warn_errno("unable to run anything in %s", errand->launcher.name);
        conclude_error(MESSAGE_CONFIG, "a roll cannot be used: run vlab-compile-config");
    }
}

static void conclude_status(int status)
{
    char why[80] = "";
    if (late)
        snprintf(why, sizeof why, " it ran for %lu s, and may not run longer",
                 errand->launcher.number[LAUNCHER_TIMEOUT]);
    if (WIFSIGNALED(status))
        conclude("signal %d%s", WTERMSIG(status), why);
    else
        conclude("exit %d%s", WEXITSTATUS(status), why);
}

static void conclude_unable(int e)
{
    conclude("exit %d unable to run %.400s in %.200s: %s", order_unable(e),
             errand->argv[0], errand->launcher.dir, strerror(e));
}

static void hear_run(void)
{
    enum run_event event;
    int value = 0;
    while ((event = run_news(&run, &value)) != RUN_NOTHING)
        switch (event) {
        case RUN_QUEUED:
            ahead = value;
            break;
        case RUN_STARTED:
            started = 1;
            ahead = told = -1;
            stream_say(client, "started %d", value);
            break;
        case RUN_LATE:
            late = 1;
            break;
        case RUN_FULL:
            if (errand->now)
                conclude_error(MESSAGE_BUSY, "all workers are busy");
            else
                conclude_error(MESSAGE_PQFULL, message_text(MESSAGE_PQFULL));
            break;
        case RUN_ENDED:
            conclude_status(value);
            break;
        case RUN_FAILED:
            if (started)
                conclude_unable(value);
            else
                conclude_none(value);
            break;
        default:
            conclude_error(MESSAGE_DISCONNECT, "the command was killed with its runner");
        }
}

/* From now on the connection does not matter. */
static void lose(void)
{
    gone = 1;
    stream_lose(client);
    run_signal(&run, SIGHUP);
    run_end(&run);
}

static int hear_line(const struct frame *f)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        {"INT", SIGINT}, {"TERM", SIGTERM}, {"HUP", SIGHUP}, {"QUIT", SIGQUIT}};
    char line[FRAME_LINE_MAX + 1], *word[2];
    memcpy(line, f->data, f->length);
    line[f->length] = 0;
    message_split(line, word, 2);
    if (message_is(word[0], "rem"))
        return 0;
    if (!message_is(word[0], "signal"))
        return -1;
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        if (message_is(word[1], signals[i].name)) {
            run_signal(&run, signals[i].number);
            if (kill_at < 0)
                kill_at = dial_now() + GRACE;
            return 0;
        }
    return -1;
}

/* What has come from the client is done; r is what stream_move said. */
static void hear_client(int r)
{
    struct frame f;
    int k = 0;
    while (r > 0 && k >= 0 && (k = stream_next(client, &f)) > 0)
        if (f.type != FRAME_LINE || hear_line(&f))
            k = -1;
    if (k < 0) {
        stream_say(client, "error %s this is against the rules of vlab-protocol(7)",
                   message_code(MESSAGE_COMMAND));
        stream_flush(client, dial_now());
    }
    if (r <= 0 || k < 0 || client->error)
        lose();
}

static void say_what_is_new(void)
{
    char note[ROLL_TEXT];
    if (!*last && guest_told(note, 0))
        stream_say(client, "rem wall %s", note);
    if (ahead != told && !stream_pending(client)) {
        stream_say(client, "rem waiting %ld ahead", ahead);
        told = ahead;
    }
    if (run.news < 0 && !told_end &&
        (!started || (stream_over(client, 1) && stream_over(client, 2)))) {
        stream_say(client, "%s", last);
        told_end = 1;
    }
}

static void mind_the_time(void)
{
    if (kill_at >= 0 && !dial_left(kill_at)) {
        kill_at = -1;
        run_signal(&run, SIGKILL);
    }
    if (lose_at >= 0 && !dial_left(lose_at)) {
        lose_at = -1;
        if (!gone)
            lose();
    }
}

static void step(const sigset_t *mask)
{
    struct pollfd p[STREAM_POLL + 1];
    int n;
    stream_poll(client, p, !gone);
    /* What it says comes behind the news that it has started. */
    if (!started)
        p[2 + 1].fd = p[2 + 2].fd = -1;
    p[STREAM_POLL] = (struct pollfd){.fd = run.news, .events = POLLIN};
    n = dial_poll(p, STREAM_POLL + 1, dial_sooner(lose_at, kill_at), mask);
    mind_the_time();
    if (n <= 0)
        return;
    n = stream_move(client, p);
    if (!gone)
        hear_client(n);
}

/* A pipe of who the command is: he may open it by name, as /dev/stdin. */
static int make_pipe(int *ends)
{
    struct owner they = {errand->caller.as.uid, errand->caller.as.gid};
    struct owner we = {(uid_t)setfsuid((uid_t)-1), (gid_t)setfsgid((gid_t)-1)};
    int k;
    if (!errand->caller.changes)
        return pipe2(ends, O_CLOEXEC);
    k = owner_files(&they);
    if (k == 0)
        k = pipe2(ends, O_CLOEXEC);
    return owner_files(&we) ? -1 : k;
}

/* Pipes to the command; our ends do not block. Returns 0, or -1 and errno. */
static int start(void)
{
    int theirs[FRAME_STREAMS] = {-1, -1, -1}, ends[2], k = 0, saved;
    for (unsigned n = 0; n < FRAME_STREAMS && k == 0; n++) {
        k = make_pipe(ends);
        if (k < 0)
            break;
        theirs[n] = ends[n > 0];
        k = fcntl(ends[n == 0], F_SETFL, O_NONBLOCK);
        if (n == 0)
            stream_take(client, n, ends[1]);
        else
            stream_send(client, n, ends[0]);
    }
    if (k == 0)
        k = errand_start(errand, &run, theirs);
    saved = errno;
    for (unsigned n = 0; n < FRAME_STREAMS; n++)
        if (theirs[n] >= 0)
            close(theirs[n]);
    errno = saved;
    return k;
}

void errand_run(const struct errand *e, struct streams *c, const sigset_t *mask,
                const volatile sig_atomic_t *ends)
{
    char note[ROLL_TEXT];
    int ending = 0;
    errand = e;
    client = c;
    run.news = -1;
    ahead = told = kill_at = lose_at = -1;
    if (start()) {
        say_warn_errno("unable to start a command");
        conclude_error(MESSAGE_ALLOC, "the helper cannot start it");
    }
    for (;;) {
        hear_run();
        say_what_is_new();
        if (run.news < 0 && (gone || (told_end && !stream_pending(client))))
            return;
        if (*ends && !ending) {
            ending = 1;
            conclude_error(MESSAGE_DISCONNECT,
                           guest_told(note, 1) ? note : "the service ends");
            run_end(&run);
        }
        /* Then nobody waits for a client who does not read. */
        if (ending == 1 && run.news < 0) {
            ending = 2;
            lose_at = dial_now() + GRACE;
        }
        step(mask);
    }
}

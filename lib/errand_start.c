/* What the runner is told, and what it does for us. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "dial.h"
#include "errand.h"
#include "say.h"
#include "slot.h"

enum { WORDS = 400 }; /* bytes of the command that go to the log */

static const struct errand *errand; /* a process has one */
static char words[WORDS];
static unsigned slot; /* these two in the runner */
static long long began;

/* A reload counts for who waits, too. When the config cannot be read just now, what was
   true is true. */
static unsigned workers(void *arg)
{
    unsigned long n = errand->launcher.number[LAUNCHER_WORKERS];
    struct conf c = {.fd = -1};
    struct launcher l;
    int k;
    (void)arg;
    if (conf_open(&c) == 0) {
        k = launcher_read(&l, &c, errand->launcher.name);
        if (k >= 0)
            n = k ? l.number[LAUNCHER_WORKERS] : 0;
        conf_close(&c);
    }
    return (unsigned)n;
}

static int begin(void *arg, unsigned number)
{
    (void)arg;
    slot = number;
    began = dial_now();
    say_info("started: %s slot %u: %s: %s", errand->launcher.name, slot,
             errand->caller.name, words);
    return 0;
}

static void end(void *arg, int status, int error)
{
    long long took = dial_now() - began;
    int sig = WIFSIGNALED(status);
    (void)arg;
    if (error) {
        errno = error;
        say_warn_errno("unable to run %s in %s", errand->argv[0], errand->launcher.dir);
    }
    say_info("finished: %s slot %u: %s: %s %d after %lld.%03lld s: %s",
             errand->launcher.name, slot, errand->caller.name, sig ? "signal" : "exit",
             sig ? WTERMSIG(status) : WEXITSTATUS(status), took / 1000, took % 1000,
             words);
}

/* The command for the log; where a word begins and ends is to be seen. */
static void join_words(void)
{
    size_t n = 0;
    words[0] = 0;
    for (char *const *w = errand->argv; *w && n + 8 < sizeof words; w++) {
        int quoted = !**w || strchr(*w, ' ');
        if (n)
            words[n++] = ' ';
        if (quoted)
            words[n++] = '"';
        say_escape(words + n, sizeof words - n - 1, *w);
        n += strlen(words + n);
        if (quoted)
            words[n++] = '"';
        words[n] = 0;
    }
}

int errand_start(const struct errand *e, struct run *r, const int *stream)
{
    struct run_order o = {.slot = e->launcher.name,
                          .workers = workers,
                          .most = e->now ? SLOT_NOWAIT
                                         : (int)e->launcher.number[LAUNCHER_QUEUE],
                          .uid = e->caller.uid,
                          .user = e->caller.name,
                          .text = words,
                          .argv = e->argv,
                          .environment = e->caller.environment,
                          .directory = e->launcher.dir,
                          .as = e->caller.changes ? &e->caller.as : 0,
                          .stream = {stream[0], stream[1], stream[2]},
                          .keep = -1,
                          .wait = e->wait,
                          .timeout = (unsigned)e->launcher.number[LAUNCHER_TIMEOUT],
                          .begin = begin,
                          .ended = end};
    errand = e;
    join_words();
    return run_start(r, &o);
}

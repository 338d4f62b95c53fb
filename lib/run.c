#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"
#include "runner.h"
#include "tree.h"

/* Runners that have said their last word but were not yet gone: the kernel may take 20 ms
   to forget what they have watched. */
enum { LEAVING = 64 };
static pid_t leaving[LEAVING];
static unsigned leaving_count;

/* Wait for those that are gone; when there is no room for more, for the first. */
static void reap(void)
{
    unsigned i, n = 0;
    pid_t k;

    for (i = 0; i < leaving_count; ++i) {
        do
            k = waitpid(leaving[i], 0, i || leaving_count < LEAVING ? WNOHANG : 0);
        while (k < 0 && errno == EINTR);
        if (k == 0)
            leaving[n++] = leaving[i];
    }
    leaving_count = n;
}

/* A pipe whose end for the runner is none of the standard descriptors. */
static int open_news(int end[2])
{
    int saved;

    if (pipe2(end, O_CLOEXEC | O_NONBLOCK))
        return -1;
    end[1] = descriptor_raise(end[1]);
    if (end[1] > 2)
        return 0;
    saved = errno;
    close(end[0]);
    errno = saved;
    return -1;
}

static void abandon(struct run *r)
{
    if (r->runner > 0) {
        kill(r->runner, SIGKILL);
        leaving[leaving_count++] = r->runner;
    }
    r->runner = -1;
}

int run_start(struct run *r, const struct run_order *order)
{
    pid_t parent = getpid();
    sigset_t all, mask;
    int end[2], saved, share;

    *r = (struct run){.news = -1, .slot = SLOT_FOR(order->slot)};
    reap();
    if (tree_own() || open_news(end))
        return -1;
    sigfillset(&all);
    r->runner = sigprocmask(SIG_BLOCK, &all, &mask);
    if (r->runner == 0) {
        /* The runner cannot do without, and says so. */
        share = slot_share(&r->slot) ? -errno : r->slot.share.fd;
        r->runner = fork();
        saved = errno;
        if (r->runner == 0)
            runner(order, parent, end[1], share);
        if (sigprocmask(SIG_SETMASK, &mask, 0)) {
            saved = errno;
            abandon(r);
        }
        errno = saved;
    }
    saved = errno;
    close(end[1]);
    if (r->runner > 0)
        r->news = end[0];
    else {
        close(end[0]);
        slot_close(&r->slot);
    }
    errno = saved;
    return r->runner > 0 ? 0 : -1;
}

/* The runner and its guard were killed: what they have left is ours, and so is their
   slot. */
static void inherit(void)
{
    sigset_t death, mask;
    int changed;

    sigemptyset(&death);
    sigaddset(&death, SIGCHLD);
    changed = sigprocmask(SIG_BLOCK, &death, &mask) == 0;
    tree_end(0, 0);
    if (changed)
        sigprocmask(SIG_SETMASK, &mask, 0);
}

static void over(struct run *r)
{
    close(r->news);
    r->news = -1;
    slot_close(&r->slot);
    leaving[leaving_count++] = r->runner;
    r->runner = 0;
    reap();
}

enum run_event run_news(struct run *r, int *value)
{
    struct runner_word w;
    ssize_t n;

    reap();
    if (r->news < 0)
        return RUN_NOTHING;
    do
        n = read(r->news, &w, sizeof w);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return RUN_NOTHING;
    if (n != sizeof w) {
        w.event = RUN_GONE;
        w.value = 0;
    }
    *value = w.value;
    if (w.event == RUN_GONE)
        inherit();
    if (w.event == RUN_FULL || w.event == RUN_ENDED || w.event == RUN_FAILED ||
        w.event == RUN_GONE)
        over(r);
    return (enum run_event)w.event;
}

void run_signal(struct run *r, int sig)
{
    if (r->runner > 0 && sig > 0 && sig <= SIGRTMAX)
        runner_tell(r->runner, sig);
}

void run_end(struct run *r)
{
    if (r->runner > 0)
        runner_tell(r->runner, SIGTERM | RUNNER_END);
}

/* The runner. While it waits, it dies with its parent, by any signal that ends a process,
   when it is told one, and when it has waited long enough. From the moment on when it has
   the slot it takes signals one at a time. */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "owner.h"
#include "tree.h"

enum { SETTLED = 50 }; /* milliseconds until the watches are forgotten */

static const struct run_order *order;
static pid_t parent;
static int news;
static struct slot slot;

/* Who reads does not wait for us, so we may wait for him; but not for that he hears how
 * the line moves. */
static void tell(int event, int value)
{
    struct pollfd p = {.fd = news, .events = POLLOUT};

    while (runner_say(news, event, value) && errno == EAGAIN && event != RUN_QUEUED)
        poll(&p, 1, -1);
}

static void __attribute__((noreturn)) leave(int event, int value)
{
    slot_close(&slot);
    tell(event, value);
    _exit(0);
}

/* Does the parent live? From here on its death is told by this signal. */
static int depend(int sig)
{
    return prctl(PR_SET_PDEATHSIG, sig) == 0 && getppid() == parent;
}

static int ends(int sig)
{
    return sig != SIGCHLD && sig != SIGCONT && sig != SIGURG && sig != SIGWINCH &&
           sig != SIGSTOP && sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU;
}

static void on_told(int sig, siginfo_t *s, void *context)
{
    (void)context;
    sig = runner_heard(s) & 0xff;
    if (!ends(sig))
        return;
    /* Everything of ours ends with us. */
    tell(RUN_ENDED, sig);
    _exit(0);
}

static void on_tired(int sig)
{
    (void)sig;
    tell(RUN_FAILED, ETIMEDOUT);
    _exit(0);
}

static void on_moved(void *arg, long ahead)
{
    (void)arg;
    tell(RUN_QUEUED, (int)ahead);
}

/* Root uses rolls and the config as the owner of the state: this is for vlab-board,
   vlab-launch does so from the start. */
static int ask(void)
{
    struct owner owner;

    if (geteuid() == 0 && (owner_find(&owner) || owner_files(&owner)))
        return -1;
    return slot_ask(&slot, order->workers(order->arg), order->most, order->uid,
                    order->user, order->text);
}

/* From here on until no signal comes through any more. What has the last word is not
   disturbed: a jump (queue_wake) would make it another than the last. */
static int expect_signals(void)
{
    struct sigaction told = {.sa_sigaction = on_told,
                             .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigaction tired = {.sa_handler = on_tired};
    struct itimerval t = {.it_value.tv_sec = order->wait};
    sigset_t usual, ears;
    int sig;

    sigemptyset(&usual);
    sigfillset(&told.sa_mask);
    sigfillset(&tired.sa_mask);
    runner_ears(&ears);
    for (sig = 1; sig <= SIGRTMAX; ++sig)
        if (sigismember(&ears, sig) == 1 && sigaction(sig, &told, 0))
            return -1;
    return sigaction(SIGALRM, &tired, 0) || setitimer(ITIMER_REAL, &t, 0) ||
           sigprocmask(SIG_SETMASK, &usual, 0);
}

/* Come to a slot, or end. */
static void take_slot(const sigset_t *all)
{
    int k;

    if (expect_signals())
        leave(RUN_FAILED, errno);
    k = ask();
    if (k < 0)
        leave(errno == EAGAIN ? RUN_FULL : RUN_FAILED, errno);
    /* Not earlier: using files as another user undoes it. */
    if (order->stays != RUN_DETACHED && !depend(SIGKILL))
        _exit(0);
    if (k == 0 && slot_wait(&slot, order->workers, on_moved, order->arg) < 0)
        leave(RUN_FAILED, errno);
    if (sigprocmask(SIG_SETMASK, all, 0))
        leave(RUN_FAILED, errno);
    if (order->stays != RUN_DETACHED && !depend(order->stays ? 0 : SIGCHLD))
        _exit(0);
}

/* Wait for a signal until the deadline. Returns what is to be told to the guard, or 0. */
static int hear(long long deadline)
{
    struct timespec left;
    siginfo_t s;
    sigset_t heard;
    int sig, ms = dial_left(deadline);

    runner_ears(&heard);
    sigaddset(&heard, SIGCHLD);
    left.tv_sec = ms / 1000;
    left.tv_nsec = ms % 1000 * 1000000L;
    sig = ms < 0 ? sigwaitinfo(&heard, &s) : sigtimedwait(&heard, &s, &left);
    return sig < 0 ? 0 : runner_heard(&s);
}

/* Until the guard has ended. */
static void attend(pid_t pid)
{
    long long end = -1, kill = -1, settle = dial_now() + SETTLED;
    int what, orphan = 0;

    if (order->timeout)
        end = dial_now() + order->timeout * 1000LL;
    while (waitpid(pid, 0, WNOHANG) == 0) {
        if (order->stays == RUN_ENDS && !orphan && getppid() != parent) {
            orphan = 1;
            runner_tell(pid, SIGKILL);
        }
        if (settle >= 0 && !dial_left(settle)) {
            settle = -1;
            slot_settle(&slot);
        }
        what = 0;
        if (end >= 0 && !dial_left(end)) {
            tell(RUN_LATE, 0);
            what = SIGTERM | RUNNER_END;
        } else if (kill >= 0 && !dial_left(kill)) {
            kill = -1;
            what = SIGKILL;
        } else
            what = hear(dial_sooner(settle, dial_sooner(end, kill)));
        if (what & RUNNER_END) {
            end = -1;
            if (kill < 0)
                kill = dial_now() + RUN_GRACE * 1000LL;
        }
        if (what)
            runner_tell(pid, what);
    }
}

/* What the guard, or the command that could not be run, had to say. */
static struct runner_word result_of(int fd)
{
    struct runner_word w;
    ssize_t n;

    do
        n = read(fd, &w, sizeof w);
    while (n < 0 && errno == EINTR);
    if (n == sizeof w)
        return w;
    /* The guard was killed, and so the command was. */
    return (struct runner_word){RUN_ENDED, SIGKILL};
}

static void run(void)
{
    struct runner_word w = {RUN_FAILED, 0};
    int result[2];
    pid_t self = getpid(), pid = -1;

    if (tree_own() == 0 && pipe2(result, O_CLOEXEC | O_NONBLOCK) == 0)
        pid = fork();
    if (pid == 0)
        guard(order, &slot, self, result[1]);
    w.value = errno;
    runner_drop(order);
    if (pid > 0) {
        close(result[1]);
        attend(pid);
        w = result_of(result[0]);
        tree_end(0, 0);
    }
    if (order->ended && w.event == RUN_ENDED)
        order->ended(order->arg, w.value, 0);
    else if (order->ended)
        order->ended(order->arg, order_unable(w.value) << 8, w.value);
    leave(w.event, w.value);
}

void runner(const struct run_order *o, pid_t father, int to, int share)
{
    sigset_t all;

    order = o;
    parent = father;
    news = to;
    slot = (struct slot)SLOT_FOR(o->slot);
    sigfillset(&all);
    runner_signals();
    signal(SIGPIPE, SIG_IGN);
    if (setsid() < 0 || prctl(PR_SET_NAME, "vlab-runner") || runner_tidy(o, news, share))
        leave(RUN_FAILED, errno);
    if (share < 0)
        leave(RUN_FAILED, -share);
    slot.share.fd = share;
    take_slot(&all);
    if (order->begin && order->begin(order->arg, slot_number(&slot)))
        leave(RUN_FAILED, errno);
    tell(RUN_STARTED, (int)slot_number(&slot));
    run();
    _exit(0);
}

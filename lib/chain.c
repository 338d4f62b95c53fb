#include "chain.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "dial.h"
#include "hook.h"
#include "keeper.h"
#include "say.h"

enum { WORDS = 6, MOST = 512 /* descriptors that a step waits for */, WIDTH = 79 };

static int signals = -1; /* readable when one has come */
static int shown;        /* is there a line that changes? */
static int code;         /* of a signal that came */

/* From here on they wait for us to look. */
static int hear(void)
{
    static const int heard[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction a;
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof heard / sizeof *heard; ++i)
        if (sigaction(heard[i], 0, &a) == 0 && a.sa_handler != SIG_IGN)
            sigaddset(&set, heard[i]);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, 0))
        return -1;
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals < 0 ? -1 : 0;
}

int chain_signal(void)
{
    struct signalfd_siginfo s;

    while (read(signals, &s, sizeof s) == sizeof s)
        if (!code)
            code = KEEPER_SIGNAL + (int)s.ssi_signo;
    return code;
}

int chain_poll(struct pollfd *p, nfds_t n, long long deadline)
{
    struct pollfd all[MOST + 1];
    int k;

    if (n > MOST)
        n = MOST;
    for (nfds_t i = 0; i < n; ++i)
        all[i] = p[i];
    all[n] = (struct pollfd){.fd = signals, .events = POLLIN};
    k = poll(all, n + 1, dial_left(deadline));
    if (k > 0 && all[n].revents) {
        errno = EINTR;
        return -1;
    }
    if (k < 0 && errno == EINTR)
        k = 0;
    for (nfds_t i = 0; i < n; ++i)
        p[i] = all[i];
    return k;
}

static int width(void)
{
    struct winsize w;

    return ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1 : WIDTH;
}

void chain_show(const char *line)
{
    int saved = errno; /* of what is still to be told */

    if (isatty(1) && (*line || shown)) {
        shown = *line != 0;
        printf("\r%.*s\033[K", width(), line);
        fflush(stdout);
    }
    errno = saved;
}

static void show(const char *what, const char *text)
{
    chain_show("");
    printf(*text ? "%-9s %s\n" : "%s %s\n", what, text);
    fflush(stdout);
}

/* The hook of a step: 0, or an exit code, which it has not said. */
static int hook(const struct chain *c, const struct chain_step *s, const char *what)
{
    const char *words[WORDS + 2] = {what};
    int k;

    for (unsigned i = 0; i < WORDS && c->words[i]; ++i)
        words[i + 1] = c->words[i];
    k = hook_run(s->name, words, signals);
    chain_show("");
    if (k == 0)
        return 0;
    if (k < 0)
        say_warn_errno("unable to run the hook %s", s->name);
    else if (k > KEEPER_SIGNAL)
        say_warn("the hook %s %s was ended by signal %d", s->name, what,
                 k - KEEPER_SIGNAL);
    else
        say_warn("the hook %s %s failed: exit code %d", s->name, what, k);
    return SAY_SYSTEM;
}

/* Those that were begun, but not the first few; hooked: of how many of all of them the
   hooks have been run. */
static void undo(const struct chain *c, unsigned first, unsigned begun, unsigned hooked)
{
    int bad;

    while (begun-- > first) {
        const struct chain_step *s = c->step + begun;

        if (s->undo)
            show("undo", s->name);
        bad = begun < hooked && hook(c, s, "undo");
        if (s->undo && s->undo())
            bad = 1;
        if (bad)
            say_warn("%s could not be undone", s->name);
        chain_signal();
    }
}

int chain_run(const struct chain *c)
{
    unsigned begun = 0, done = 0;
    int failed = 0;

    if (hear())
        say_die_errno("unable to hear signals");
    while (!failed && done < c->steps) {
        const struct chain_step *s = c->step + begun++;

        show(s->name, s->text);
        failed = s->run();
        chain_show("");
        if (!failed) {
            failed = hook(c, s, "do");
            done += !failed;
        }
        if (chain_signal() && done < c->steps)
            failed = chain_signal();
    }
    if (failed)
        undo(c, done >= c->kept ? c->kept : 0, begun, done);
    return failed;
}

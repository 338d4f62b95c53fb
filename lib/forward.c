#include "forward.h"

enum { SIGNALS = 4 };
static const struct {
    int number;
    const char *name;
} signals[SIGNALS] = {
    {SIGINT, "INT"}, {SIGTERM, "TERM"}, {SIGHUP, "HUP"}, {SIGQUIT, "QUIT"}};
static volatile sig_atomic_t caught[SIGNALS];
static sigset_t before;

static void on_signal(int sig)
{
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i].number == sig)
            caught[i] = 1;
}

int forward_catch(sigset_t *usual)
{
    struct sigaction a = {.sa_handler = on_signal}, old;
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&mask, signals[i].number);
    if (sigprocmask(SIG_BLOCK, &mask, &before))
        return -1;
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i].number, 0, &old) ||
            (old.sa_handler != SIG_IGN && sigaction(signals[i].number, &a, 0)))
            return -1;
    *usual = before;
    return 0;
}

const char *forward_next(void)
{
    for (int i = 0; i < SIGNALS; i++)
        if (caught[i]) {
            caught[i] = 0;
            return signals[i].name;
        }
    return 0;
}

int forward_release(void)
{
    struct sigaction now;
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i].number, 0, &now) ||
            (now.sa_handler == on_signal &&
             signal(signals[i].number, SIG_DFL) == SIG_ERR))
            return -1;
    return sigprocmask(SIG_SETMASK, &before, 0);
}

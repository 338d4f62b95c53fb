/* poll: dial_poll (dial.h) by hand, for the tests. A signal is blocked and comes, while a
   descriptor is always ready; prints what dial_poll says when it lets the signal through,
   and when none is left: `heard`, `ready`, or `nothing`. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "dial.h"
#include "say.h"

static volatile sig_atomic_t came;

static void on_signal(int sig)
{
    (void)sig;
    came = 1;
}

static const char *wait_once(struct pollfd *p, const sigset_t *mask)
{
    int k;

    came = 0;
    k = dial_poll(p, 1, dial_now() + 30000, mask);
    if (k < 0 && errno != EINTR)
        say_die_errno("dial_poll");
    return k < 0 && came ? "heard" : k == 1 && !came ? "ready" : "nothing";
}

int main(void)
{
    struct pollfd p = {.fd = open("/dev/null", O_RDONLY | O_CLOEXEC), .events = POLLIN};
    const struct sigaction a = {.sa_handler = on_signal};
    sigset_t blocked, usual;

    say_name("poll", "poll");
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    if (p.fd < 0 || sigaction(SIGUSR1, &a, 0) ||
        sigprocmask(SIG_BLOCK, &blocked, &usual) || raise(SIGUSR1))
        say_die_errno("unable to have a signal wait");
    puts(wait_once(&p, &usual));
    puts(wait_once(&p, &usual));
    return SAY_DONE;
}

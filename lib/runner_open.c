/* What runner and guard have open, and how they talk. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include "runner.h"
#include "say.h"

/* In the place of SIGKILL, which would not tell but kill. */
enum { UNQUEUED_KILL = SIGUSR1 };

int runner_say(int fd, int event, int value)
{
    struct runner_word w = {event, value};
    ssize_t n;

    do
        n = write(fd, &w, sizeof w);
    while (n < 0 && errno == EINTR);
    return n == sizeof w ? 0 : -1;
}

int runner_tell(pid_t pid, int what)
{
    int sig = what & 0xff;
    sigset_t ears;

    if (sigqueue(pid, RUNNER_TOLD, (union sigval){.sival_int = what}) == 0)
        return 0;
    if (errno != EAGAIN)
        return -1;
    runner_ears(&ears);
    if (sig == SIGKILL)
        sig = UNQUEUED_KILL;
    if (sigismember(&ears, sig) == 1)
        return kill(pid, sig);
    errno = EAGAIN;
    return -1;
}

void runner_ears(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, RUNNER_TOLD);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGQUIT);
    sigaddset(signals, UNQUEUED_KILL);
}

int runner_heard(const siginfo_t *s)
{
    switch (s->si_signo) {
    case SIGTERM:
        return SIGTERM | RUNNER_END;
    case UNQUEUED_KILL:
        return SIGKILL;
    case SIGINT:
    case SIGHUP:
    case SIGQUIT:
        return s->si_signo;
    default:
        return s->si_signo == RUNNER_TOLD ? s->si_value.sival_int : 0;
    }
}

void runner_signals(void)
{
    int sig;

    for (sig = 1; sig <= SIGRTMAX; ++sig)
        signal(sig, SIG_DFL);
}

static int is_socket(int fd)
{
    struct stat s;

    return fstat(fd, &s) == 0 && S_ISSOCK(s.st_mode);
}

static int is_kept(const struct run_order *o, int news, int fd)
{
    const int *stream = o->stream;

    return fd == news || fd == stream[0] || fd == stream[1] || fd == stream[2] ||
           fd == o->keep;
}

int runner_tidy(const struct run_order *o, int news, int share)
{
    const int mine[] = {news, share, o->stream[0], o->stream[1], o->stream[2], o->keep};
    int fd;

    say_forked();
    if (descriptor_close(mine, sizeof mine / sizeof *mine))
        return -1;
    for (fd = 0; fd <= 2; ++fd)
        if (!is_kept(o, news, fd) && (fd < 2 || is_socket(2) || fcntl(2, F_GETFD) < 0) &&
            descriptor_null(fd))
            return -1;
    return 0;
}

void runner_drop(const struct run_order *o)
{
    int i, fd;

    for (i = 0; i < 3; ++i) {
        fd = o->stream[i];
        if (fd < 0 || fd == o->keep)
            continue;
        if (fd > 2)
            close(fd);
        else
            descriptor_null(fd);
    }
}

/* What runner and guard have open, and how they talk. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"
#include "say.h"

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
    return sigqueue(pid, RUNNER_TOLD, (union sigval){.sival_int = what});
}

void runner_signals(void)
{
    int sig;

    for (sig = 1; sig <= SIGRTMAX; ++sig)
        signal(sig, SIG_DFL);
}

/* Open /dev/null as this descriptor. */
static int fill(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), k;

    if (null < 0 || null == fd)
        return null < 0 ? -1 : 0;
    k = dup3(null, fd, O_CLOEXEC);
    close(null);
    return k < 0 ? -1 : 0;
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
    int fd, next, from = 3;
    size_t i;

    say_forked();
    do {
        for (next = -1, i = 0; i < sizeof mine / sizeof *mine; ++i)
            if (mine[i] >= from && (next < 0 || mine[i] < next))
                next = mine[i];
        if (next != from && close_range((unsigned)from, next < 0 ? ~0u : next - 1u, 0))
            return -1;
        from = next + 1;
    } while (next >= 0);
    for (fd = 0; fd <= 2; ++fd)
        if (!is_kept(o, news, fd) && (fd < 2 || is_socket(2) || fcntl(2, F_GETFD) < 0) &&
            fill(fd))
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
            fill(fd);
    }
}

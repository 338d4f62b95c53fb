/* bench-delay MILLISECONDS COMMAND...: run the command with a connection at descriptors 0
   and 1, and pass on what it and whoever is at ours say to each other, so much later. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { BLOCK = 65536, BLOCKS = 512 };

struct way {
    int from, to;
    unsigned first, count;
    struct {
        long long due;
        size_t at, end;
        char bytes[BLOCK];
    } block[BLOCKS];
};

static struct way ways[2];
static long long delay;

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void take(struct way *w)
{
    unsigned last = (w->first + w->count) % BLOCKS;
    ssize_t n;
    if (w->count == BLOCKS)
        return;
    n = read(w->from, w->block[last].bytes, BLOCK);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        exit(0);
    w->block[last].at = 0;
    w->block[last].end = (size_t)n;
    w->block[last].due = now() + delay;
    w->count++;
}

/* Returns when it is worth a try again: 0: when it can be written. */
static long long give(struct way *w)
{
    while (w->count && w->block[w->first].due <= now()) {
        size_t at = w->block[w->first].at, end = w->block[w->first].end;
        ssize_t n = write(w->to, w->block[w->first].bytes + at, end - at);
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n < 0)
            exit(0);
        w->block[w->first].at += (size_t)n;
        if (at + (size_t)n == end) {
            w->first = (w->first + 1) % BLOCKS;
            w->count--;
        }
    }
    return w->count ? w->block[w->first].due : -1;
}

static void relay(void)
{
    for (;;) {
        struct pollfd p[4];
        long long soon = -1, left;
        struct timespec t;
        for (int i = 0; i < 2; i++) {
            struct way *w = &ways[i];
            long long due;
            take(w);
            due = give(w);
            p[2 * i] =
                (struct pollfd){.fd = w->count < BLOCKS ? w->from : -1, .events = POLLIN};
            p[2 * i + 1] = (struct pollfd){.fd = due ? -1 : w->to, .events = POLLOUT};
            if (due > 0 && (soon < 0 || due < soon))
                soon = due;
        }
        left = soon < 0 ? 0 : soon - now();
        left = left < 0 ? 0 : left;
        t = (struct timespec){left / 1000000000, left % 1000000000};
        if (ppoll(p, 4, soon < 0 ? 0 : &t, 0) < 0 && errno != EINTR)
            say_die_errno("unable to wait");
    }
}

int main(int argc, char **argv)
{
    int s[2];
    say_name("bench-delay", "bench-delay MILLISECONDS COMMAND...");
    if (argc < 3)
        say_usage();
    delay = strtol(argv[1], 0, 10) * 1000000LL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
        say_die_errno("unable to make a socketpair");
    if (!fork()) {
        if (dup2(s[1], 0) < 0 || dup2(s[1], 1) < 0)
            say_die_errno("unable to connect it");
        execvp(argv[2], argv + 2);
        say_die_errno("unable to run %s", argv[2]);
    }
    close(s[1]);
    ways[0].from = 0;
    ways[0].to = ways[1].from = s[0];
    ways[1].to = 1;
    for (int i = 0; i < 2; i++)
        fcntl(ways[i].from, F_SETFL, O_NONBLOCK);
    relay();
}

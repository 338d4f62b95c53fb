#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"
#include "reserved.h"

enum { WATCHED = 4 };

static struct {
    long long when;
    void (*tell)(void *);
    void *arg;
} reminder;

void dial_remind(long long when, void (*tell)(void *), void *arg)
{
    reminder.when = when;
    reminder.tell = tell;
    reminder.arg = arg;
}

long long dial_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int dial_left(long long deadline)
{
    long long left;
    if (deadline < 0)
        return -1;
    left = deadline - dial_now();
    return left < 0 ? 0 : left > 1000000000 ? 1000000000 : left;
}

long long dial_sooner(long long a, long long b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

int dial_poll(struct pollfd *p, nfds_t n, long long deadline, const sigset_t *mask)
{
    int left = dial_left(deadline), k;
    struct timespec t = {left / 1000, left % 1000 * 1000000L};
    k = ppoll(p, n, left < 0 ? 0 : &t, mask);
    /* It lets no signal through when it has not had to wait. */
    return k > 0 && ppoll(0, 0, &(struct timespec){0, 0}, mask) < 0 ? -1 : k;
}

/* Tell whom it is to be told that it takes so long, if it is time for it. Returns until
   when to wait now. */
static long long remind(long long deadline)
{
    void (*tell)(void *) = reminder.tell;
    if (tell && dial_now() >= reminder.when) {
        reminder.tell = 0;
        tell(reminder.arg);
    }
    if (!reminder.tell || (deadline >= 0 && deadline < reminder.when))
        return deadline;
    return reminder.when;
}

/* Wait for events on fd. Returns 0, or -1: ETIMEDOUT, ECANCELED. */
static int wait_for(int fd, short events, long long deadline,
                    const struct pollfd *watched, unsigned count)
{
    struct pollfd p[WATCHED + 1] = {{.fd = fd, .events = events}};
    if (count > WATCHED)
        count = WATCHED;
    for (unsigned i = 0; i < count; i++)
        p[i + 1] = watched[i];
    for (;;) {
        int n = poll(p, count + 1, dial_left(remind(deadline)));
        if (n < 0 && errno == EINTR)
            continue;
        if (!n && dial_left(deadline))
            continue;
        if (n < 0)
            return -1;
        for (unsigned i = 1; i <= count; i++) {
            if (p[i].revents) {
                errno = ECANCELED;
                return -1;
            }
        }
        if (n)
            return 0;
        errno = ETIMEDOUT;
        return -1;
    }
}

/* The targets of a name. Returns how many, or -1. */
static int resolve(const char *name, unsigned port, struct lookup_address *targets,
                   long long deadline, const struct pollfd *watched, unsigned count)
{
    struct lookup l;
    unsigned n;
    int e = 0;
    if (lookup_start(&l, name))
        return -1;
    do {
        if (wait_for(l.fd, POLLIN, deadline, watched, count) < 0)
            e = errno;
    } while (!e && lookup_read(&l));
    n = lookup_end(&l, port, targets);
    if (!e && n)
        return (int)n;
    errno = e ? e : ENOENT;
    return -1;
}

static int try_once(const struct lookup_address *t, long long deadline,
                    const struct pollfd *watched, unsigned count, int reserved)
{
    int e = 0;
    socklen_t size = sizeof e;
    int fd = socket(t->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (reserved)
        reserved_bind(fd, t);
    if (connect(fd, &t->to.any, t->length) < 0) {
        if (errno != EINPROGRESS && errno != EINTR)
            e = errno;
        else if (wait_for(fd, POLLOUT, deadline, watched, count) < 0 ||
                 getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size) < 0)
            e = errno;
    }
    if (!e && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0)
        e = errno;
    if (!e)
        return fd;
    close(fd);
    errno = e;
    return -1;
}

static int try_one(const struct lookup_address *t, long long deadline,
                   const struct pollfd *watched, unsigned count, int reserved)
{
    int tries = 0, fd;
    do
        fd = try_once(t, deadline, watched, count, reserved);
    while (fd < 0 && errno == EADDRNOTAVAIL && reserved && ++tries < RESERVED_TRIES);
    return fd;
}

static int dial_any(const char *host, unsigned port, long long deadline,
                    struct pollfd *watched, unsigned count, int reserved)
{
    struct lookup_address targets[LOOKUP_MOST];
    int n = lookup_literal(&targets[0], host, port), fd = -1;
    if (!n)
        n = resolve(host, port, targets, deadline, watched, count);
    for (int i = 0; i < n; i++) {
        long long share = deadline;
        if (deadline >= 0)
            share = dial_now() + dial_left(deadline) / (n - i);
        fd = try_one(&targets[i], share, watched, count, reserved);
        if (fd >= 0 || errno == ECANCELED)
            break;
    }
    return fd;
}

int dial(const char *host, unsigned port, long long deadline, struct pollfd *watched,
         unsigned count)
{
    return dial_any(host, port, deadline, watched, count, 0);
}

int dial_reserved(const char *host, unsigned port, long long deadline)
{
    return dial_any(host, port, deadline, 0, 0, 1);
}

int dial_line(int fd, char *line, size_t size, long long deadline)
{
    size_t have = 0;
    while (have < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = poll(&p, 1, dial_left(deadline));
        const char *end;
        if (n == 0)
            errno = ETIMEDOUT;
        if (n > 0) {
            n = recv(fd, line + have, size - have, MSG_PEEK | MSG_DONTWAIT);
            if (n == 0)
                errno = ECONNRESET;
        }
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return -1;
        end = memchr(line + have, '\n', (size_t)n);
        if (end)
            n = end + 1 - (line + have);
        /* It is there already. */
        if (recv(fd, line + have, (size_t)n, 0) != n) {
            errno = EIO;
            return -1;
        }
        have += (size_t)n;
        if (end) {
            line[have - 1] = 0;
            return 0;
        }
    }
    errno = EPROTO;
    return -1;
}

const char *dial_error(int e)
{
    if (e == ENOENT)
        return "this host name is not known";
    if (e == ENOSYS)
        return "host names cannot be looked up without getent(1)";
    return strerror(e);
}

/* Names are resolved by getent(1) in a child: the resolver may block for minutes, a child
   can be left behind at the deadline. And the programs that never need a name can be
   linked statically, which getaddrinfo(3) would not allow. */
#include "dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WATCHED = 4, ADDRESSES = 16 };

struct target {
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
};

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

/* The IP address text as a target. Returns 1, or 0 when it is none. */
static int literal(struct target *t, const char *text, unsigned port)
{
    memset(t, 0, sizeof *t);
    if (inet_pton(AF_INET, text, &t->to.v4.sin_addr) == 1) {
        t->to.v4.sin_family = AF_INET;
        t->to.v4.sin_port = htons(port);
        t->length = sizeof t->to.v4;
        return 1;
    }
    if (inet_pton(AF_INET6, text, &t->to.v6.sin6_addr) == 1) {
        t->to.v6.sin6_family = AF_INET6;
        t->to.v6.sin6_port = htons(port);
        t->length = sizeof t->to.v6;
        return 1;
    }
    return 0;
}

/* Start getent for a name, its standard output on *fd. Returns its pid, or -1. */
static pid_t ask(const char *name, int *fd)
{
    char program[] = "getent", database[] = "ahosts", end[] = "--", key[256];
    char *const argv[] = {program, database, end, key, 0};
    char *const nothing[] = {0};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    int ends[2], e;
    if (strlen(name) >= sizeof key) {
        errno = ENOENT;
        return -1;
    }
    strcpy(key, name);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    e = posix_spawn_file_actions_init(&actions);
    if (!e) {
        e = posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        if (!e)
            e = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        if (!e)
            e = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        if (!e)
            e = posix_spawn(&pid, "/usr/bin/getent", &actions, 0, argv, nothing);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    if (e) {
        close(ends[0]);
        errno = e == ENOENT ? ENOSYS : e;
        return -1;
    }
    *fd = ends[0];
    return pid;
}

/* The addresses in getent's lines `ADDRESS STREAM NAME`, one line per socket type. */
static unsigned addresses(char *text, unsigned port, struct target *targets)
{
    unsigned n = 0;
    char *save, *line = strtok_r(text, "\n", &save);
    for (; line && n < ADDRESSES; line = strtok_r(0, "\n", &save)) {
        if (!strstr(line, " STREAM"))
            continue;
        line[strcspn(line, " ")] = 0;
        n += literal(&targets[n], line, port);
    }
    return n;
}

/* The targets of a name. Returns how many, or -1. */
static int resolve(const char *name, unsigned port, struct target *targets,
                   long long deadline, const struct pollfd *watched, unsigned count)
{
    char text[4096];
    size_t have = 0;
    int fd, e = 0;
    unsigned n;
    pid_t pid = ask(name, &fd);
    if (pid < 0)
        return -1;
    while (have < sizeof text - 1) {
        if (wait_for(fd, POLLIN, deadline, watched, count) < 0) {
            e = errno;
            break;
        }
        ssize_t r = read(fd, text + have, sizeof text - 1 - have);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        have += r;
    }
    close(fd);
    kill(pid, SIGKILL);
    while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
        ;
    text[have] = 0;
    n = e ? 0 : addresses(text, port, targets);
    if (n)
        return n;
    errno = e ? e : ENOENT;
    return -1;
}

static int try_one(const struct target *t, long long deadline,
                   const struct pollfd *watched, unsigned count)
{
    int e = 0;
    socklen_t size = sizeof e;
    int fd = socket(t->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
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

int dial(const char *host, unsigned port, long long deadline, struct pollfd *watched,
         unsigned count)
{
    struct target targets[ADDRESSES];
    int n = literal(&targets[0], host, port), fd = -1;
    if (!n)
        n = resolve(host, port, targets, deadline, watched, count);
    for (int i = 0; i < n; i++) {
        long long share = deadline;
        if (deadline >= 0)
            share = dial_now() + dial_left(deadline) / (n - i);
        fd = try_one(&targets[i], share, watched, count);
        if (fd >= 0 || errno == ECANCELED)
            break;
    }
    return fd;
}

const char *dial_error(int e)
{
    if (e == ENOENT)
        return "this host name is not known";
    if (e == ENOSYS)
        return "host names cannot be looked up without getent(1)";
    return strerror(e);
}

/* All processes read the same socket, each takes the next job. Who is told that nobody
   else is left forks before he begins: so there is always one that waits, hears when all
   is over, and kills those that are still at it. Only what sync_leave has given is worth
   waiting for: a tty forgets what it has not sent. Then each of them is told to go. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apart.h"
#include "descriptor.h"

enum { NOBODY = SYNC_MOST, QUIT };

struct job {
    unsigned number;
    enum sync_what what;
    int is_last; /* there is no other process for the next one */
};

struct done {
    unsigned number;
    int error;
};

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* Returns the descriptor of the job, or -1: there will be none any more. That the other
   end has gone is told before what it has said. */
static int take(int from, struct job *j)
{
    union control c;
    struct iovec v = {.iov_base = j, .iov_len = sizeof *j};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
    const struct cmsghdr *h;
    ssize_t n;
    int fd = -1;
    j->number = NOBODY;
    do
        n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    h = n == sizeof *j ? CMSG_FIRSTHDR(&m) : 0;
    if (h && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(h), sizeof fd);
    return fd;
}

static int do_job(enum sync_what what, int fd)
{
    int e = what == SYNC_FILE && fsync(fd) < 0 ? errno : 0;
    return close(fd) < 0 && !e ? errno : e;
}

/* All of them are one process group, and nothing else is. */
static void __attribute__((noreturn)) work(int s)
{
    struct job j;
    struct done d;
    int fd;
    if (apart_stand("vlab-sync", s, -1) < 0 || descriptor_null(2) < 0 || chdir("/") < 0)
        _exit(111);
    signal(SIGCHLD, SIG_IGN);
    while ((fd = take(s, &j)) >= 0) {
        if (j.is_last && fork() == 0) {
            close(fd);
            continue;
        }
        d.number = j.number;
        d.error = do_job(j.what, fd);
        if (d.number != NOBODY)
            send(s, &d, sizeof d, MSG_NOSIGNAL);
    }
    if (j.number != QUIT)
        kill(0, SIGKILL);
    _exit(0);
}

int sync_open(struct sync *s)
{
    int ends[2], r, e;
    memset(s, 0, sizeof *s);
    s->fd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    r = apart_fork();
    if (!r)
        work(ends[1]);
    e = errno;
    close(ends[1]);
    if (r < 0) {
        close(ends[0]);
        errno = e;
        return -1;
    }
    s->fd = ends[0];
    s->processes = 1;
    return 0;
}

void sync_close(struct sync *s)
{
    struct job quit = {.number = QUIT};
    if (s->fd < 0)
        return;
    for (unsigned i = 0; s->has_left && i < s->processes; i++)
        send(s->fd, &quit, sizeof quit, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(s->fd);
    s->fd = -1;
}

int sync_room(const struct sync *s)
{
    return s->jobs < SYNC_MOST;
}

static int send_job(struct sync *s, struct job *j, int fd)
{
    union control c;
    struct iovec v = {.iov_base = j, .iov_len = sizeof *j};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
    struct cmsghdr *h;
    ssize_t n;
    memset(&c, 0, sizeof c);
    h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(h), &fd, sizeof fd);
    do
        n = sendmsg(s->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

int sync_give(struct sync *s, enum sync_what what, int fd, void *who)
{
    struct job j = {.what = what, .is_last = s->jobs + 1 == s->processes};
    while (j.number < SYNC_MOST && s->job[j.number].is_used)
        j.number++;
    if (j.number == SYNC_MOST) {
        errno = EAGAIN;
        return -1;
    }
    if (send_job(s, &j, fd) < 0)
        return -1;
    s->processes += (unsigned)j.is_last;
    s->jobs++;
    s->job[j.number].is_used = 1;
    s->job[j.number].who = who;
    return 0;
}

int sync_leave(struct sync *s, int fd)
{
    struct job j = {.number = NOBODY, .what = SYNC_CLOSE};
    s->has_left = 1;
    return send_job(s, &j, fd);
}

void sync_forget(struct sync *s, const void *who)
{
    for (int i = 0; i < SYNC_MOST; i++)
        if (s->job[i].who == who)
            s->job[i].who = 0;
}

/* Somebody has killed them all: what they had to do has failed. */
static int next_lost(struct sync *s, struct done *d)
{
    for (d->number = 0; d->number < SYNC_MOST; d->number++)
        if (s->job[d->number].is_used) {
            d->error = EIO;
            return 1;
        }
    return 0;
}

int sync_next(struct sync *s, void **who, int *error)
{
    struct done d;
    ssize_t n = 0;
    if (s->fd >= 0) {
        do
            n = recv(s->fd, &d, sizeof d, MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0 && errno == EAGAIN)
            return 0;
    }
    if (n != sizeof d) {
        sync_close(s);
        if (!next_lost(s, &d))
            return 0;
    }
    if (d.number >= SYNC_MOST || !s->job[d.number].is_used)
        return 0;
    *who = s->job[d.number].who;
    *error = d.error;
    s->job[d.number].is_used = 0;
    s->job[d.number].who = 0;
    s->jobs--;
    return 1;
}

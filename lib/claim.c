#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "apart.h"
#include "descriptor.h"
#include "held.h"

/* In the process, which has the lock, too: nobody else takes the tty meanwhile. */
static void __attribute__((noreturn)) watch(int tty, int from)
{
    char given_back;
    ssize_t n;
    if (apart_stand("vlab-claim", tty, from) < 0 || descriptor_null(2) < 0 ||
        chdir("/") < 0)
        _exit(111);
    do
        n = read(from, &given_back, 1);
    while (n < 0 && errno == EINTR);
    if (!n)
        ioctl(tty, TIOCNXCL);
    _exit(0);
}

static int open_process(struct claim *c, int tty)
{
    int ends[2], r;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    r = apart_fork();
    if (!r)
        watch(tty, ends[0]);
    held_close(ends[0]);
    c->fd = ends[1];
    if (r < 0)
        held_close(ends[1]);
    return r;
}

/* The process, if it is still there, has nothing to do. */
static void close_process(struct claim *c)
{
    while (write(c->fd, "", 1) < 0 && errno == EINTR)
        ;
    held_close(c->fd);
}

int claim_is_taken(int fd)
{
    int is = 0;
    return ioctl(fd, TIOCGEXCL, &is) == 0 && is;
}

/* The lock is ours: is the tty, too? */
static int take_locked(struct claim *c, int fd)
{
    int e;
    if (claim_is_taken(fd)) {
        errno = EBUSY;
        return -1;
    }
    if (open_process(c, fd) < 0)
        return -1;
    if (ioctl(fd, TIOCEXCL) == 0)
        return 0;
    e = errno;
    close_process(c);
    errno = e;
    return -1;
}

int claim_take(struct claim *c, int fd)
{
    int is, e;
    if (c->is_held)
        return 0;
    if (ioctl(fd, TIOCGEXCL, &is) < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        errno = errno == EWOULDBLOCK ? EBUSY : errno;
        return -1;
    }
    if (take_locked(c, fd) == 0) {
        c->is_held = 1;
        return 0;
    }
    e = errno;
    flock(fd, LOCK_UN);
    errno = e;
    return -1;
}

int claim_give(struct claim *c, int fd)
{
    int is;
    if (!c->is_held) {
        if (ioctl(fd, TIOCGEXCL, &is) < 0)
            return -1;
        errno = EBUSY;
        return is ? -1 : 0;
    }
    c->is_held = 0;
    ioctl(fd, TIOCNXCL);
    close_process(c);
    flock(fd, LOCK_UN);
    return 0;
}

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lock.h"
#include "roll.h"

int roll_pin(const struct roll *r, const struct roll_entry *e)
{
    off_t from = (off_t)e->record * ROLL_RECORD;
    char host[ROLL_HOST];
    pid_t holder = 0;
    int fd, k, saved;

    roll_host(host);
    if (strcmp(host, e->host) != 0) {
        errno = EXDEV;
        return -1;
    }
    fd = (int)syscall(SYS_pidfd_open, e->pid, 0);
    if (fd < 0)
        return -1;
    k = lock_any(r->fd, from, from + ROLL_RECORD, 0, &holder);
    if (k == 1 && holder == e->pid)
        return fd;
    saved = k < 0 ? errno : k == 1 && holder == 0 ? EXDEV : ESRCH;
    close(fd);
    errno = saved;
    return -1;
}

int roll_signal(const struct roll *r, const struct roll_entry *e, int sig)
{
    int fd = roll_pin(r, e), saved;

    if (fd < 0 || syscall(SYS_pidfd_send_signal, fd, sig, 0, 0) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

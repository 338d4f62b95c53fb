/* A file system whose server was killed is still mounted, and each look at it an error.
 */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "mounted.h"

/* In the process: until the end of who forked it. */
static void __attribute__((noreturn))
sweep(int fd, const char *source, const struct place *place)
{
    struct place made = *place;
    char all_done;
    ssize_t n;
    if (!made.made)
        made.in = -1;
    made.fd = -1;
    if (apart_stand("vlab-sweep", fd, made.in) < 0 || chdir("/") < 0)
        _exit(111);
    do
        n = read(fd, &all_done, 1);
    while (n < 0 && errno == EINTR);
    if (n)
        _exit(0);
    mounted_clear_all(source, SWEEP_WAIT);
    place_close(&made);
    _exit(0);
}

int sweep_start(struct sweep *s, const char *source, const struct place *place)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    s->pid = fork();
    if (!s->pid)
        sweep(ends[0], source, place);
    close(ends[0]);
    s->fd = ends[1];
    if (s->pid > 0)
        return 0;
    close(ends[1]);
    s->fd = -1;
    return -1;
}

void sweep_end(struct sweep *s)
{
    if (s->fd < 0)
        return;
    /* If that fails it has gone already. */
    while (write(s->fd, "", 1) < 0 && errno == EINTR)
        ;
    close(s->fd);
    s->fd = -1;
    while (waitpid(s->pid, 0, 0) < 0 && errno == EINTR)
        ;
}

void sweep_leave(struct sweep *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* killer: kill -9 a child of a process, chosen at random, now and then until SIGTERM. For
   the tests: `killer PID SEED`. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"

static pid_t server;

/* One of those that live now; the pidfd and its parent make sure that it is one. */
static void kill_one(void)
{
    char path[64], bytes[16384], *at = bytes, *end;
    pid_t children[1024], pid, parent = 0;
    unsigned n = 0;
    FILE *f;
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)server,
             (long)server);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        say_die_errno("unable to open %s", path);
    bytes[read(fd, bytes, sizeof bytes - 1)] = 0;
    close(fd);
    for (; n < 1024 && (pid = (pid_t)strtol(at, &end, 10)) > 0; at = end)
        children[n++] = pid;
    if (n == 0)
        return;
    fd = (int)syscall(SYS_pidfd_open, pid = children[(unsigned)rand() % n], 0);
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    f = fopen(path, "re");
    if (f && fd >= 0 && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) == 1 &&
        parent == server)
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0);
    if (f)
        fclose(f);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    say_name("killer", "killer PID SEED");
    if (argc != 3)
        say_usage();
    server = (pid_t)atoi(argv[1]);
    srand((unsigned)atoi(argv[2]));
    for (;;) {
        poll(0, 0, rand() % 40);
        kill_one();
    }
}

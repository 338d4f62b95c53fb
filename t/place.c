/* place: a command that must not run too often at a time, for the tests.

       place DIRECTORY N MILLISECONDS

   takes a lock on one of N files in the directory, and leaves it to a daemon that lives
   for ever; when all are taken it makes the file `over` there. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "say.h"

static int take(const char *directory, int n)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/place.%d", directory, n);
    fd = open(path, O_RDWR | O_CREAT, 0666);
    if (fd < 0)
        say_die_errno("%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 1;
    close(fd);
    return 0;
}

static void leave_daemon(void)
{
    if (fork())
        return;
    setsid();
    if (fork())
        _exit(0);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    char path[4096];
    int n;

    say_name("place", "place DIRECTORY N MILLISECONDS");
    if (argc != 4)
        say_usage();
    for (n = atoi(argv[2]); n > 0 && !take(argv[1], n); --n)
        ;
    if (n == 0) {
        snprintf(path, sizeof path, "%s/over", argv[1]);
        close(open(path, O_RDWR | O_CREAT, 0666));
    }
    leave_daemon();
    poll(0, 0, atoi(argv[3]));
    return SAY_DONE;
}

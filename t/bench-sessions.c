/* Print how many sessions a second a super-server takes. A session: connect, setuid,
   boardrequest, boardassign, quit, and the end of the connection. Worker N of those at
   work at the same time is uid BASE + N and asks for the pool, or, where it ends in a
   dash, for the pool of that name and his number behind it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { BASE = 10000, BYTES = 1024 };

static const char *path, *pool;
static int steps, silent;

static void put(int fd, const char *text)
{
    size_t n = strlen(text);

    if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
        say_die_errno("unable to write to %s", path);
}

/* Read until text has come, or to the end of the connection when it is 0. */
static void await(int fd, const char *text)
{
    char got[BYTES + 1];
    size_t n = 0;
    ssize_t r;

    for (;;) {
        r = read(fd, got + n, BYTES - n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            say_die_errno("unable to read from %s", path);
        n += (size_t)r;
        got[n] = 0;
        if (text ? strstr(got, text) != 0 : r == 0)
            return;
        if (r == 0 || n == BYTES || strstr(got, "error "))
            say_die(SAY_SYSTEM, "%s says `%s' and not `%s'", path, got, text ? text : "");
    }
}

static int dial_unix(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a))
        say_die_errno("unable to connect to %s", path);
    return fd;
}

static void session(const char *login, const char *request)
{
    int fd = dial_unix();

    if (!silent) {
        if (steps) {
            await(fd, "mversion ");
            put(fd, login);
            await(fd, "ok ");
            put(fd, request);
        } else {
            char both[BYTES];

            snprintf(both, sizeof both, "%s%s", login, request);
            put(fd, both);
        }
        await(fd, "boardassign ");
        put(fd, "quit\n");
    }
    await(fd, 0);
    close(fd);
}

static void work(unsigned number, unsigned long count)
{
    char login[64], request[256];
    uid_t uid = BASE + number;

    snprintf(login, sizeof login, "setuid %lu\n", (unsigned long)uid);
    if (pool[strlen(pool) - 1] == '-')
        snprintf(request, sizeof request, "boardrequest %s%u\n", pool, number);
    else
        snprintf(request, sizeof request, "boardrequest %s\n", pool);
    /* As root, be that user; anybody else may only speak for others to his own helper. */
    if (geteuid() == 0 && setresuid(uid, uid, uid))
        say_die_errno("unable to become uid %lu", (unsigned long)uid);
    while (count--)
        session(login, request);
    exit(0);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long number(const char *text)
{
    unsigned long n;

    if (say_number(text, 1, 1000000, &n))
        say_die(SAY_USAGE, "%s is not in 1..1000000", text);
    return n;
}

int main(int argc, char **argv)
{
    unsigned long count = 1000, workers = 1, i;
    int c, status, failed = 0;
    double began;

    say_name("bench-sessions",
             "bench-sessions [-0s] [-n SESSIONS] [-p WORKERS] SOCKET POOL");
    while ((c = say_options(argc, argv, "0sn:p:")) != -1)
        if (c == '0')
            silent = 1;
        else if (c == 's')
            steps = 1;
        else if (c == 'n')
            count = number(optarg);
        else
            workers = number(optarg);
    if (argc - optind != 2 || !*argv[optind + 1])
        say_usage();
    path = argv[optind];
    pool = argv[optind + 1];
    began = now();
    for (i = 0; i < workers; ++i)
        switch (fork()) {
        case -1:
            say_die_errno("unable to fork");
        case 0:
            work((unsigned)i, count / workers);
        }
    while (wait(&status) > 0)
        failed |= status;
    if (failed)
        return SAY_SYSTEM;
    printf("%.1f\n", (double)(count / workers * workers) / (now() - began));
    return 0;
}

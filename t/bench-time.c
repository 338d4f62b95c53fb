/* Run a command several times, its output thrown away, and print how many milliseconds it
   takes (the median), or with -p, that many at a time, how often a second it runs:
   without the fork of a shell, which would cost both sides of a comparison the same. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

extern char **environ;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void start(char **command, posix_spawn_file_actions_t *files)
{
    pid_t pid;

    errno = posix_spawnp(&pid, command[0], files, 0, command, environ);
    if (errno)
        say_die_errno("unable to run %s", command[0]);
}

static void end(const char *name)
{
    int status;

    while (wait(&status) < 0)
        if (errno != EINTR)
            say_die_errno("unable to wait for %s", name);
    if (status)
        say_die(SAY_SYSTEM, "%s ended with status %#x", name, (unsigned)status);
}

static double run(char **command, posix_spawn_file_actions_t *files)
{
    double began = now();

    start(command, files);
    end(command[0]);
    return now() - began;
}

static double rate(char **command, posix_spawn_file_actions_t *files, unsigned long runs,
                   unsigned long most)
{
    double began = now();
    unsigned long i;

    for (i = 0; i < runs + most; ++i) {
        if (i >= most)
            end(command[0]);
        if (i < runs)
            start(command, files);
    }
    return (double)runs / (now() - began) * 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t files;
    unsigned long runs = 1, most = 0, i;
    double *took;
    int c;

    say_name("bench-time", "bench-time [-n RUNS] [-p WORKERS] COMMAND...");
    while ((c = say_options(argc, argv, "n:p:")) != -1)
        if (say_number(optarg, 1, 100000, c == 'n' ? &runs : &most))
            say_die(SAY_USAGE, "%s is not in 1..100000", optarg);
    if (!argv[optind])
        say_usage();
    took = calloc(runs, sizeof *took);
    errno = posix_spawn_file_actions_init(&files);
    if (!took || errno)
        say_die_errno("no memory");
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (most) {
        if (most > runs)
            most = runs;
        printf("%.1f\n", rate(argv + optind, &files, runs, most));
        return 0;
    }
    for (i = 0; i < runs; ++i)
        took[i] = run(argv + optind, &files);
    qsort(took, runs, sizeof *took, compare);
    printf("%.4f\n", took[runs / 2]);
    return 0;
}

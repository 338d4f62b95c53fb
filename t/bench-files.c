/* bench-files WHAT PATH N: what a program does with files, and how fast it is. `read` and
   `write` move N bytes of the file PATH in blocks, in MB/s; `random` reads 4 kB at N
   places of it, `open` opens it N times and reads its first byte, `stat` looks at the files
   0 to N - 1 in the directory PATH, each known by name alone, and `create` makes such files
   of 100 bytes, in so many a second. Nothing of the file is in the page cache when that
   begins, or when it is opened. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { BLOCK = 131072, PAGE = 4096, SMALL = 100 };

static char block[BLOCK];
static const char *path;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int ok)
{
    if (!ok)
        say_die_errno("unable to use %s", path);
}

static int open_cold(const char *file, int flags, int advice)
{
    int fd = open(file, flags | O_CLOEXEC, 0644);
    must(fd >= 0 && !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) &&
         !posix_fadvise(fd, 0, 0, advice));
    return fd;
}

static void read_all(unsigned long n)
{
    int fd = open_cold(path, O_RDONLY, POSIX_FADV_NORMAL);
    ssize_t got = 1;
    for (; n && got; n -= (unsigned long)got)
        must((got = read(fd, block, n < BLOCK ? n : BLOCK)) >= 0);
    close(fd);
}

static void write_all(unsigned long n)
{
    int fd = open_cold(path, O_WRONLY | O_CREAT | O_TRUNC, POSIX_FADV_NORMAL);
    ssize_t put;
    for (; n; n -= (unsigned long)put)
        must((put = write(fd, block, n < BLOCK ? n : BLOCK)) > 0);
    must(!close(fd));
}

static void read_random(unsigned long n)
{
    int fd = open_cold(path, O_RDONLY, POSIX_FADV_RANDOM);
    struct stat s;
    must(!fstat(fd, &s) && s.st_size >= PAGE);
    while (n--)
        must(pread(fd, block, PAGE, random() % (s.st_size / PAGE) * PAGE) == PAGE);
    close(fd);
}

static void open_often(unsigned long n)
{
    while (n--) {
        int fd = open_cold(path, O_RDONLY, POSIX_FADV_NORMAL);
        must(read(fd, block, 1) == 1);
        close(fd);
    }
}

static void look(int dir, const char *name)
{
    struct stat s;
    must(!fstatat(dir, name, &s, 0));
}

static void create(int dir, const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    must(fd >= 0 && write(fd, block, SMALL) == SMALL && !close(fd));
}

static void each(unsigned long n, void (*one)(int, const char *))
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char name[24];
    must(dir >= 0);
    for (unsigned long i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%lu", i);
        one(dir, name);
    }
    close(dir);
}

int main(int argc, char **argv)
{
    unsigned long n;
    double began, unit = 1;
    say_name("bench-files", "bench-files read|write|random|open|stat|create PATH N");
    if (argc != 4 || say_number(argv[3], 1, 1UL << 40, &n) < 0)
        say_usage();
    path = argv[2];
    memset(block, 'x', sizeof block);
    began = now();
    if (!strcmp(argv[1], "read") || !strcmp(argv[1], "write"))
        unit = 1e6;
    if (!strcmp(argv[1], "read"))
        read_all(n);
    else if (!strcmp(argv[1], "write"))
        write_all(n);
    else if (!strcmp(argv[1], "random"))
        read_random(n);
    else if (!strcmp(argv[1], "open"))
        open_often(n);
    else if (!strcmp(argv[1], "stat"))
        each(n, look);
    else if (!strcmp(argv[1], "create"))
        each(n, create);
    else
        say_usage();
    printf("%.2f\n", (double)n / unit / (now() - began));
    return 0;
}

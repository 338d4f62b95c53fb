/* churn: does a directory behave as another? `churn SEED COUNT A B` does the same random
   things in the empty directories A and B, one of which is a file system to be tested,
   and compares whatever can be seen of them: results, errno, data, sizes, modes, times.
   Then A and B are the same, for who looks with diff(1). Exit code 1 and a line on
   descriptor 2 for the first difference. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

enum {
    NAMES = 12,
    DIRS = 4,
    OPEN = 6,
    MOST = 400000, /* bytes of a file, roughly, and of one read or write */
    SIDES = 2,
    NAME = 32, /* bytes of a path */
    ENTRIES = 64
};

static const int flags[] = {O_RDWR | O_CREAT,
                            O_RDWR | O_CREAT | O_TRUNC,
                            O_RDWR | O_CREAT | O_EXCL,
                            O_RDWR | O_CREAT | O_APPEND,
                            O_RDWR,
                            O_RDONLY,
                            O_WRONLY | O_CREAT,
                            O_RDONLY | O_DIRECTORY};

static unsigned long long state;
static unsigned long step;
static int dir[SIDES];
static int file[OPEN][SIDES];
static char mine[SIDES][MOST];

static unsigned pick(unsigned n)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(state >> 33) % n;
}

static unsigned size(void)
{
    return pick(4) ? pick(5000) : pick(MOST);
}

/* A directory, or a file or directory in one. */
static void name(char path[NAME])
{
    unsigned d = pick(DIRS + 1);
    if (!pick(6))
        snprintf(path, NAME, "d%u", pick(DIRS));
    else if (d == DIRS)
        snprintf(path, NAME, "f%u", pick(NAMES));
    else
        snprintf(path, NAME, "d%u/f%u", d, pick(NAMES));
}

/* What each side has answered to a call; i is the side in it. */
static long answer[SIDES];
static int error[SIDES];

#define BOTH(call)                                                                       \
    for (int i = 0; i < SIDES; i++) {                                                    \
        answer[i] = (call);                                                              \
        error[i] = errno;                                                                \
    }

/* Returns the answer. */
static long same(const char *what, const char *path)
{
    if (answer[0] != answer[1] || (answer[0] < 0 && error[0] != error[1]))
        say_die(SAY_NO, "step %lu: %s %s: %ld %s, and %ld %s", step, what, path,
                answer[0], answer[0] < 0 ? strerror(error[0]) : "", answer[1],
                answer[1] < 0 ? strerror(error[1]) : "");
    return answer[0];
}

static void compare(const char *what, const char *path, long long a, long long b)
{
    if (a != b)
        say_die(SAY_NO, "step %lu: %s of %s is %lld, and %lld", step, what, path, a, b);
}

static void compare_stat(const char *path, const struct stat s[SIDES])
{
    compare("mode", path, s[0].st_mode, s[1].st_mode);
    if (S_ISREG(s[0].st_mode))
        compare("size", path, s[0].st_size, s[1].st_size);
}

static void look(const char *path)
{
    struct stat s[SIDES];
    BOTH(fstatat(dir[i], path, &s[i], AT_SYMLINK_NOFOLLOW));
    if (same("stat", path) == 0)
        compare_stat(path, s);
}

static void set_time(const char *path)
{
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = pick(2000000000)}};
    struct stat s[SIDES];
    BOTH(utimensat(dir[i], path, t, 0));
    if (same("utime", path))
        return;
    BOTH(fstatat(dir[i], path, &s[i], 0));
    if (same("stat", path) == 0)
        compare("time", path, s[0].st_mtime, s[1].st_mtime);
}

static void open_one(const char *path)
{
    int *f = file[pick(OPEN)], flag = flags[pick(sizeof flags / sizeof *flags)];
    for (int i = 0; i < SIDES; i++)
        close(f[i]);
    BOTH((f[i] = openat(dir[i], path, flag | O_CLOEXEC, 0644)) < 0 ? -1 : 0);
    same("open", path);
}

static void write_one(void)
{
    int *f = file[pick(OPEN)];
    unsigned at = size(), n = size();
    for (unsigned j = 0; j < n; j++)
        mine[0][j] = (char)pick(256);
    BOTH(pwrite(f[i], mine[0], n, at));
    same("write", "");
}

static void read_one(void)
{
    int *f = file[pick(OPEN)];
    unsigned at = pick(4) ? size() : 0, n = pick(4) ? size() : MOST;
    long got;
    BOTH(pread(f[i], mine[i], n, at));
    got = same("read", "");
    if (got > 0 && memcmp(mine[0], mine[1], (size_t)got) != 0)
        say_die(SAY_NO, "step %lu: the data of a read at %u differ", step, at);
}

static void look_at_one(void)
{
    int *f = file[pick(OPEN)];
    struct stat s[SIDES];
    BOTH(fstat(f[i], &s[i]));
    if (same("fstat", "") == 0)
        compare_stat("an open file", s);
}

static void truncate_one(void)
{
    int *f = file[pick(OPEN)];
    unsigned n = size();
    BOTH(ftruncate(f[i], n));
    same("truncate", "");
}

static void sync_one(void)
{
    int *f = file[pick(OPEN)];
    BOTH(fsync(f[i]));
    same("fsync", "");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Sorted, but for the two that each has. */
static int list(int at, const char *path, char names[ENTRIES][NAME])
{
    int n = 0, fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? 0 : fdopendir(fd);
    struct dirent *entry;
    if (!d)
        return -1;
    while ((entry = readdir(d)))
        if (*entry->d_name != '.' && n < ENTRIES)
            snprintf(names[n++], NAME, "%.31s", entry->d_name);
    closedir(d);
    qsort(names, (size_t)n, NAME, by_name);
    return n;
}

static void list_one(const char *path)
{
    static char names[SIDES][ENTRIES][NAME];
    long n;
    BOTH(list(dir[i], path, names[i]));
    n = same("list", path);
    for (long j = 0; j < n; j++)
        if (strcmp(names[0][j], names[1][j]) != 0)
            say_die(SAY_NO, "step %lu: in %s is %s, and %s", step, path, names[0][j],
                    names[1][j]);
}

/* A new name in the same directory. */
static void rename_one(const char *path)
{
    char to[NAME];
    const char *base = strrchr(path, '/');
    snprintf(to, sizeof to, "%.*sf%u", base ? (int)(base - path + 1) : 0, path,
             pick(NAMES));
    BOTH(renameat(dir[i], path, dir[i], to));
    same("rename", path);
}

static void make_one(const char *path)
{
    BOTH(mkdirat(dir[i], path, 0755));
    same("mkdir", path);
}

static void remove_one(const char *path)
{
    int how = pick(2) ? AT_REMOVEDIR : 0;
    BOTH(unlinkat(dir[i], path, how));
    same(how ? "rmdir" : "unlink", path);
}

static void set_mode(const char *path)
{
    mode_t mode = pick(2) ? 0755 : 0644;
    BOTH(fchmodat(dir[i], path, mode, 0));
    same("chmod", path);
}

static void do_one(void)
{
    static void (*const with_path[])(const char *) = {make_one, remove_one, rename_one,
                                                      set_mode, set_time,   list_one,
                                                      look,     open_one,   open_one};
    static void (*const with_file[])(void) = {
        truncate_one, sync_one, look_at_one, read_one, read_one, write_one, write_one};
    char path[NAME];
    if (pick(2)) {
        name(path);
        with_path[pick(sizeof with_path / sizeof *with_path)](path);
    } else
        with_file[pick(sizeof with_file / sizeof *with_file)]();
}

int main(int argc, char **argv)
{
    unsigned long count;
    say_name("churn", "churn SEED COUNT A B");
    if (argc != 5)
        say_usage();
    state = strtoull(argv[1], 0, 10);
    count = strtoul(argv[2], 0, 10);
    umask(022);
    memset(file, -1, sizeof file);
    for (int i = 0; i < SIDES; i++) {
        dir[i] = open(argv[3 + i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir[i] < 0)
            say_die_errno("unable to open %s", argv[3 + i]);
    }
    while (++step <= count)
        do_one();
    return 0;
}

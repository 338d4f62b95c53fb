#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "roll.h"

static const char *const suffixes[STORE_STATES] = {[STORE_READY] = ".bit",
                                                   [STORE_INVALID] = ".invalid",
                                                   [STORE_INCOMPLETE] = ".incomplete",
                                                   [STORE_WRONG] = ".wrong"};

const char *store_name(char *out, unsigned long bid, enum store_state state)
{
    snprintf(out, STORE_NAME, "%lu%s", bid, suffixes[state]);
    return out;
}

static const char *job_name(char *out, pid_t pid)
{
    snprintf(out, STORE_NAME, "%ld.job.bit", (long)pid);
    return out;
}

int store_remove(const struct store *s, const char *name)
{
    return unlinkat(s->directory, name, 0) < 0 && errno != ENOENT ? -1 : 0;
}

int store_give_away(int fd)
{
    struct stat state;

    if (geteuid() != 0)
        return 0;
    return stat(roll_state(), &state) ? -1 : fchown(fd, state.st_uid, state.st_gid);
}

int store_open(struct store *s, const struct device *d)
{
    char path[STORE_PATH];
    int made;

    memset(s, 0, sizeof *s);
    s->directory = s->file = -1;
    s->device = d;
    if (roll_path(path, sizeof path, "bits", d->address) < 0)
        return -1;
    made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST)
        return -1;
    s->directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (s->directory < 0)
        return -1;
    if (!made || store_give_away(s->directory) == 0)
        return 0;
    made = errno;
    store_close(s);
    errno = made;
    return -1;
}

void store_close(struct store *s)
{
    if (s->file >= 0)
        store_end(s, 0);
    if (s->directory >= 0)
        close(s->directory);
    s->directory = -1;
}

DIR *store_names(const struct store *s)
{
    int fd = openat(s->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;
    DIR *d = fd < 0 ? 0 : fdopendir(fd);

    if (fd >= 0 && !d) {
        saved = errno;
        close(fd);
        errno = saved;
    }
    return d;
}

int store_next(DIR *d, unsigned long *bid, enum store_state *state)
{
    struct dirent *entry;
    char *end;
    int i;

    for (;;) {
        errno = 0;
        entry = readdir(d);
        if (!entry)
            return errno ? -1 : 0;
        if (*entry->d_name < '1' || *entry->d_name > '9')
            continue;
        *bid = strtoul(entry->d_name, &end, 10);
        for (i = 0; !errno && i < STORE_STATES; ++i)
            if (strcmp(end, suffixes[i]) == 0) {
                *state = (enum store_state)i;
                return 1;
            }
    }
}

int store_wipe(struct store *s, pid_t job)
{
    char keep[STORE_NAME];
    struct dirent *entry;
    DIR *d = store_names(s);
    int failed = 0;

    if (!d)
        return -1;
    job_name(keep, job);
    while (errno = 0, (entry = readdir(d)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strcmp(entry->d_name, keep) != 0 && store_remove(s, entry->d_name) < 0)
            failed = errno;
    if (errno)
        failed = errno;
    closedir(d);
    errno = failed;
    return failed ? -1 : 0;
}

/* Put a bid where it belongs among n, of at most max. Returns how many there are then. */
static unsigned insert(struct store_entry *e, unsigned n, unsigned max, unsigned long bid)
{
    unsigned at = n;

    while (at > 0 && e[at - 1].bid >= bid)
        --at;
    if (at < n && e[at].bid == bid)
        return n;
    if (n < max) {
        memmove(e + at + 1, e + at, (n - at) * sizeof *e);
        e[at].bid = bid;
        return n + 1;
    }
    if (at > 0) {
        memmove(e, e + 1, (at - 1) * sizeof *e);
        e[at - 1].bid = bid;
    }
    return n;
}

int store_list(const struct store *s, struct store_entry *e, unsigned max)
{
    enum store_state state;
    unsigned long bid;
    unsigned n = 0, there = 0, i;
    DIR *d = store_names(s);
    int k;

    if (!d)
        return -1;
    while ((k = store_next(d, &bid, &state)) > 0)
        n = insert(e, n, max, bid);
    for (i = 0; i < n && k >= 0; ++i) {
        k = store_find(s, e[i].bid, &e[there]);
        if (k > 0)
            ++there;
    }
    closedir(d);
    return k < 0 ? -1 : (int)there;
}

static int read_entry(int fd, struct store_entry *e)
{
    unsigned char head[BITFILE_HEAD];
    struct stat file;
    ssize_t n;

    do
        n = pread(fd, head, sizeof head, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 || fstat(fd, &file) < 0)
        return -1;
    e->size = (size_t)file.st_size;
    if (bitfile_parse(&e->header, head, (size_t)n, e->size) < 0) {
        e->state = STORE_INVALID;
        e->size = 0;
    }
    return 1;
}

int store_find(const struct store *s, unsigned long bid, struct store_entry *e)
{
    char name[STORE_NAME];
    int fd, i, result, saved;

    memset(e, 0, sizeof *e);
    e->bid = bid;
    fd = openat(s->directory, store_name(name, bid, STORE_READY),
                O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        result = read_entry(fd, e);
        saved = errno;
        close(fd);
        errno = saved;
        return result;
    }
    for (i = STORE_READY + 1; errno == ENOENT && i < STORE_STATES; ++i)
        if (faccessat(s->directory, store_name(name, bid, (enum store_state)i), F_OK,
                      AT_SYMLINK_NOFOLLOW) == 0) {
            e->state = (enum store_state)i;
            return 1;
        }
    return errno == ENOENT ? 0 : -1;
}

int store_lend(const struct store *s, unsigned long bid, char *path)
{
    char name[STORE_NAME], job[STORE_NAME], relative[STORE_PATH];
    size_t n;

    if (roll_path(relative, sizeof relative, "bits", s->device->address) < 0 ||
        !realpath(relative, path))
        return -1;
    job_name(job, getpid());
    n = strlen(path);
    if (n + 1 + strlen(job) >= STORE_PATH) {
        errno = ENAMETOOLONG;
        return -1;
    }
    /* Who had our pid before us and was killed may have left his. */
    if (store_remove(s, job) < 0 ||
        linkat(s->directory, store_name(name, bid, STORE_READY), s->directory, job, 0) <
            0)
        return -1;
    path[n] = '/';
    strcpy(path + n + 1, job);
    return 0;
}

void store_return(const struct store *s)
{
    char job[STORE_NAME];

    store_remove(s, job_name(job, getpid()));
}

/* How a bit file comes into the store. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Is it the half file of an upload under way? That is locked. */
static int is_under_way(const struct store *s, unsigned long bid, enum store_state state)
{
    char name[STORE_NAME];
    int fd, k;

    if (state != STORE_INCOMPLETE)
        return 0;
    fd = openat(s->directory, store_name(name, bid, state),
                O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    k = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    close(fd);
    return k;
}

/* Remove the oldest of what there is besides bid, failed ones first, until no more than
   most is left, or nothing that may go. */
static int make_room(const struct store *s, unsigned long but, unsigned most)
{
    enum store_state state, oldest_state = STORE_READY;
    unsigned long bid, oldest;
    char name[STORE_NAME];
    DIR *d = store_names(s);
    unsigned count;
    int k, saved;

    if (!d)
        return -1;
    do {
        rewinddir(d);
        for (count = 0, oldest = 0; (k = store_next(d, &bid, &state)) > 0;) {
            if (bid == but)
                continue;
            ++count;
            if ((!oldest || !state < !oldest_state ||
                 (!state == !oldest_state && bid < oldest)) &&
                !is_under_way(s, bid, state)) {
                oldest = bid;
                oldest_state = state;
            }
        }
        if (k == 0 && count > most && oldest)
            k = store_remove(s, store_name(name, oldest, oldest_state));
    } while (k == 0 && count > most && oldest);
    saved = errno;
    closedir(d);
    errno = saved;
    return k;
}

/* The others that there may be beside an upload. */
static unsigned others(const struct store *s)
{
    return (unsigned)s->device->number[DEVICE_BUFFERS] - 1;
}

/* Remove whatever has the bid. */
static int forget(const struct store *s)
{
    char name[STORE_NAME];
    int state;

    for (state = 0; state < STORE_STATES; ++state)
        if (store_remove(s, store_name(name, s->bid, (enum store_state)state)) < 0)
            return -1;
    return 0;
}

/* The half file gets its name when it is locked: nobody ever sees it without. */
static int open_named(const struct store *s, const char *name)
{
    char draft[STORE_NAME];
    int fd, saved;

    snprintf(draft, sizeof draft, "%lu.draft", s->bid);
    fd = openat(s->directory, draft,
                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        renameat(s->directory, draft, s->directory, name) == 0)
        return fd;
    saved = errno;
    close(fd);
    store_remove(s, draft);
    errno = saved;
    return -1;
}

/* The marker, and the file of the upload. */
static int open_file(struct store *s)
{
    char name[STORE_NAME];
    int marker, made;

    marker = openat(s->directory, store_name(name, s->bid, STORE_INCOMPLETE),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (marker < 0)
        return -1;
    s->file = openat(s->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    s->named = s->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
    if (s->named)
        s->file = open_named(s, name);
    made = s->file >= 0 && store_give_away(marker) == 0 && store_give_away(s->file) == 0;
    close(marker);
    return made ? 0 : -1;
}

/* No upload is under way any more. */
static void end(struct store *s)
{
    unpack_close(&s->unpack);
    if (s->file >= 0)
        close(s->file);
    s->file = -1;
}

static int give_up(struct store *s, int error)
{
    end(s);
    forget(s);
    errno = error;
    return -1;
}

int store_begin(struct store *s, unsigned long bid)
{
    if (s->file >= 0) {
        errno = EBUSY;
        return -1;
    }
    s->bid = bid;
    s->state = STORE_READY;
    s->error = 0;
    s->packed = s->size = s->head_size = 0;
    if (make_room(s, bid, others(s)) < 0 || forget(s) < 0 ||
        unpack_open(&s->unpack, s->device->number[DEVICE_LIMIT]) < 0)
        return -1;
    return open_file(s) < 0 ? give_up(s, errno) : 0;
}

static int put(void *arg, const void *piece, size_t n)
{
    struct store *s = arg;
    const char *at = piece;
    size_t head = sizeof s->head - s->head_size;
    ssize_t w;

    if (head > n)
        head = n;
    memcpy(s->head + s->head_size, piece, head);
    s->head_size += head;
    s->size += n;
    while (n) {
        w = write(s->file, at, n);
        if (w > 0) {
            at += w;
            n -= (size_t)w;
        } else if (w == 0 || errno != EINTR) {
            s->error = w ? errno : ENOSPC;
            return -1;
        }
    }
    return 0;
}

void store_add(struct store *s, const void *data, size_t n)
{
    if (s->file < 0 || s->state != STORE_READY || s->error)
        return;
    if (n > s->device->number[DEVICE_LIMIT] - s->packed)
        s->state = STORE_INVALID;
    else if (unpack_feed(&s->unpack, data, n, put, s) == 0)
        s->packed += n;
    else if (!s->error && errno == ENOMEM)
        s->error = ENOMEM;
    else if (!s->error)
        s->state = STORE_INVALID;
    if ((s->state != STORE_READY || s->error) && ftruncate(s->file, 0) < 0)
        s->error = errno;
}

/* What a whole file is good for. */
static enum store_state judge(const struct store *s)
{
    struct bitfile b;
    unsigned i;

    if (bitfile_parse(&b, s->head, s->head_size, s->size) < 0)
        return STORE_INVALID;
    for (i = 0; i < s->device->fpgas; ++i)
        if (device_takes(s->device->fpga[i], b.part))
            return STORE_READY;
    return STORE_WRONG;
}

/* Give the file of the upload, or what is left of it, the name of its state. */
static int name_it(struct store *s)
{
    char marker[STORE_NAME], name[STORE_NAME], path[64];

    store_name(marker, s->bid, STORE_INCOMPLETE);
    store_name(name, s->bid, s->state);
    if (make_room(s, s->bid, others(s)) < 0)
        return -1;
    if (s->state == STORE_READY && !s->named) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", s->file);
        return linkat(AT_FDCWD, path, s->directory, name, AT_SYMLINK_FOLLOW) < 0
                   ? -1
                   : store_remove(s, marker);
    }
    if (s->state != STORE_READY && ftruncate(s->file, 0) < 0)
        return -1;
    /* A failed one may have had to make room meanwhile. */
    return renameat(s->directory, marker, s->directory, name) < 0 &&
                   (s->state == STORE_READY || errno != ENOENT)
               ? -1
               : 0;
}

int store_end(struct store *s, int whole)
{
    if (s->file < 0) {
        errno = EBADF;
        return -1;
    }
    if (s->state == STORE_READY)
        s->state = whole && s->unpack.ended ? judge(s) : STORE_INCOMPLETE;
    if (s->error || name_it(s) < 0)
        return give_up(s, s->error ? s->error : errno);
    end(s);
    return (int)s->state;
}

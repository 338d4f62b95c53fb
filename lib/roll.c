/* What is locked, in a roll's file:

       byte 0 .. 511           the gate
       byte 512*N .. 512*N+511 record N: its holder lives
       byte 2^61 + T           ticket T (lib/ticket)

   What a holder does before he may be seen: write his line, lock, set the mtime (the
   watchers' sign). What releases it: unlocking, closing the file, or any end of the
   process. Nothing is ever undone. */
#include "roll.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"

#define RECORDS_END ((off_t)(ROLL_LAST + 1) * ROLL_RECORD)

static off_t place(unsigned record)
{
    return (off_t)record * ROLL_RECORD;
}

int roll_gate(struct roll *r)
{
    int k;

    do
        k = lock_take(r->fd, 0, ROLL_RECORD);
    while (k < 0 && errno == EINTR);
    return k;
}

void roll_ungate(struct roll *r)
{
    lock_drop(r->fd, 0, ROLL_RECORD);
}

int roll_gatekeeper(const struct roll *r, pid_t *pid)
{
    return lock_any(r->fd, 0, ROLL_RECORD, 0, pid);
}

/* Read a text: up to its newline, or to where nobody has written. */
static int read_text(int fd, off_t from, char *text)
{
    ssize_t n;

    do
        n = pread(fd, text, ROLL_TEXT - 1, from);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    text[n] = 0;
    text[strcspn(text, "\n")] = 0;
    return 0;
}

/* Write a text as one line, padded with NUL to ROLL_TEXT bytes; size may be twice that,
 * to wipe the note. */
static int write_text(int fd, off_t from, const char *text, size_t size)
{
    char whole[ROLL_RECORD] = {0};
    size_t n = strcspn(text, "\n");
    ssize_t w;

    if (n > ROLL_TEXT - 2)
        n = ROLL_TEXT - 2;
    memcpy(whole, text, n);
    whole[n] = '\n';
    do
        w = pwrite(fd, whole, size, from);
    while (w < 0 && errno == EINTR);
    if (w >= 0 && (size_t)w < size)
        errno = ENOSPC;
    return w == (ssize_t)size ? 0 : -1;
}

int roll_header(const struct roll *r, char *text)
{
    return read_text(r->fd, 0, text);
}

int roll_set_header(struct roll *r, const char *text)
{
    struct timespec times[2];
    struct stat before;

    if (fstat(r->fd, &before) || write_text(r->fd, 0, text, ROLL_TEXT))
        return -1;
    times[0] = before.st_atim;
    times[1] = before.st_mtim;
    return futimens(r->fd, times);
}

int roll_read(const struct roll *r, unsigned record, char *text)
{
    return read_text(r->fd, place(record), text);
}

int roll_write(struct roll *r, unsigned record, const char *text)
{
    return write_text(r->fd, place(record), text, ROLL_TEXT);
}

int roll_note(struct roll *r, unsigned record, const char *text)
{
    return write_text(r->fd, place(record) + ROLL_TEXT, text, ROLL_TEXT);
}

int roll_read_note(const struct roll *r, char *text)
{
    return read_text(r->fd, place(r->record) + ROLL_TEXT, text);
}

int roll_join(struct roll *r, unsigned first, unsigned last, const char *text)
{
    char line[ROLL_TEXT], host[ROLL_HOST];
    unsigned record;
    off_t taken;
    int k;

    roll_host(host);
    k = snprintf(line, sizeof line, "%ld %s %lld %s", (long)getpid(), host,
                 (long long)time(0), text);
    if (k < 0 || k > ROLL_TEXT - 2) {
        errno = E2BIG;
        return -1;
    }
    for (record = first;; record = (unsigned)(taken / ROLL_RECORD) + 1) {
        if (record > last) {
            errno = EAGAIN;
            return -1;
        }
        k = lock_any(r->fd, place(record), place(record + 1), &taken, 0);
        if (k < 0)
            return -1;
        if (!k)
            break;
    }
    if (write_text(r->fd, place(record), line, ROLL_RECORD) ||
        lock_try(r->fd, place(record), place(record + 1)))
        return -1;
    r->record = record;
    return futimens(r->fd, 0);
}

void roll_leave(struct roll *r)
{
    if (r->record)
        lock_drop(r->fd, place(r->record), place(r->record + 1));
    r->record = 0;
}

static int parse(const char *line, struct roll_entry *e)
{
    long pid;
    int n = 0;

    if (sscanf(line, "%ld %64s %lld %n", &pid, e->host, &e->since, &n) < 3 || !n)
        return -1;
    e->pid = (pid_t)pid;
    strcpy(e->text, line + n);
    return 0;
}

/* What to say of a record whose line is damaged: somebody has it all the same. */
static void unreadable(const struct roll *r, struct roll_entry *e)
{
    e->pid = 0;
    e->since = 0;
    e->host[0] = e->text[0] = 0;
    lock_any(r->fd, place(e->record), place(e->record + 1), 0, &e->pid);
    if (e->pid > 0)
        roll_host(e->host);
}

int roll_next(const struct roll *r, struct roll_entry *e)
{
    char line[ROLL_TEXT];
    off_t where;
    int k = lock_lowest(r->fd, place(e->record + 1), RECORDS_END, &where);

    if (k <= 0)
        return k;
    e->record = (unsigned)(where / ROLL_RECORD);
    if (read_text(r->fd, place(e->record), line))
        return -1;
    if (parse(line, e))
        unreadable(r, e);
    return 1;
}

int roll_anybody(const struct roll *r)
{
    return lock_any(r->fd, ROLL_RECORD, RECORDS_END, 0, 0);
}

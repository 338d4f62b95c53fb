#include "fid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "held.h"

void fid_open(struct fids *t, unsigned most, int limit)
{
    memset(t, 0, sizeof *t);
    t->most = most;
    t->limit = limit;
}

static struct fid **place(struct fids *t, uint32_t number)
{
    struct fid **f = &t->bucket[number % FID_BUCKETS];
    while (*f && (*f)->number != number)
        f = &(*f)->next;
    return f;
}

struct fid *fid_find(struct fids *t, uint32_t number)
{
    struct fid *f = *place(t, number);
    if (!f)
        errno = EBADF;
    return f;
}

int fid_may_make(struct fids *t, uint32_t number)
{
    if (*place(t, number))
        errno = EBUSY;
    else if (t->count >= t->most)
        errno = EMFILE;
    else
        return 1;
    return 0;
}

struct fid *fid_make(struct fids *t, uint32_t number, const struct fid_file *file,
                     struct become *as)
{
    struct fid *f;
    if (!fid_may_make(t, number))
        return 0;
    if (file->fd >= t->limit || file->link >= t->limit) {
        errno = EMFILE;
        return 0;
    }
    f = calloc(1, sizeof *f);
    if (!f)
        return 0;
    f->number = number;
    f->refs = 1;
    f->file = *file;
    f->mode = FID_CLOSED;
    f->as = as;
    become_keep(as);
    *place(t, number) = f;
    t->count++;
    return f;
}

void fid_drop(struct fids *t, struct fid *f)
{
    struct fid **at = place(t, f->number);
    *at = f->next;
    t->count--;
    fid_release(f);
}

void fid_keep(struct fid *f)
{
    f->refs++;
}

void fid_release(struct fid *f)
{
    if (--f->refs)
        return;
    fid_file_close(&f->file);
    become_drop(f->as);
    free(f);
}

struct fid *fid_any(const struct fids *t)
{
    for (int i = 0; t->count && i < FID_BUCKETS; i++)
        if (t->bucket[i])
            return t->bucket[i];
    return 0;
}

int fid_is_used(const struct fids *t)
{
    for (int i = 0; t->count && i < FID_BUCKETS; i++)
        for (const struct fid *f = t->bucket[i]; f; f = f->next)
            if (f->mode != FID_CLOSED && f->file.kind != FID_DIRECTORY)
                return 1;
    return 0;
}

void fid_file_close(struct fid_file *file)
{
    held_close(file->fd);
    held_close(file->link);
    file->fd = file->link = -1;
}

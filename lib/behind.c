#include "behind.h"

#include <errno.h>
#include <string.h>

#include "ninep.h"

void behind_open(struct behind *b)
{
    memset(b, 0, sizeof *b);
    for (int i = BEHIND_WRITES; i-- > 0;) {
        b->write[i].next = b->free;
        b->free = &b->write[i];
    }
}

/* Have both a byte in common? The sum of offset and count may be past the largest
   number. */
static int clashes(const struct behind_write *w, uint64_t offset, uint32_t count)
{
    return w->offset <= offset ? offset - w->offset < w->count
                               : w->offset - offset < count;
}

struct behind_write *behind_begin(struct behind *b, struct behind_file *f,
                                  uint64_t offset, uint32_t count)
{
    struct behind_write *w;
    for (w = f->first; w && offset != NINEP_APPEND; w = w->next)
        if (clashes(w, offset, count)) {
            errno = EBUSY;
            return 0;
        }
    w = b->free;
    if (!w) {
        errno = EAGAIN;
        return 0;
    }
    b->free = w->next;
    w->offset = offset;
    w->count = count;
    w->next = f->first;
    f->first = w;
    f->count++;
    return w;
}

void behind_end(struct behind *b, struct behind_file *f, struct behind_write *w)
{
    struct behind_write **p = &f->first;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    f->count--;
    w->next = b->free;
    b->free = w;
}

void behind_failed(struct behind_error *kept, int e)
{
    if (!kept->error)
        kept->error = e;
    kept->warn = 2;
}

int behind_warns(struct behind_error *kept)
{
    if (!kept->warn)
        return 0;
    kept->warn--;
    return kept->error;
}

int behind_told(struct behind_error *kept)
{
    int e = kept->error;
    memset(kept, 0, sizeof *kept);
    return e;
}

#include "ticket.h"

#include "lock.h"

#define FIRST ((off_t)1 << 61)
#define END   ((off_t)3 << 61)

static off_t place(unsigned long long number)
{
    return FIRST + (off_t)number;
}

int ticket_hold(struct roll *r, unsigned long long number)
{
    return lock_try(r->fd, place(number), place(number) + 1);
}

void ticket_drop(struct roll *r, unsigned long long number)
{
    lock_drop(r->fd, place(number), place(number) + 1);
}

int ticket_share(struct roll *r, unsigned long long number)
{
    return lock_share(r->fd, place(number), place(number) + 1);
}

void ticket_unshare(struct roll *r, unsigned long long number)
{
    lock_unshare(r->fd, place(number), place(number) + 1);
}

int ticket_before(const struct roll *r, unsigned long long number,
                  unsigned long long *found)
{
    off_t end = place(number), from, width, where;
    int k = lock_any(r->fd, FIRST, end, &where, 0);

    if (k <= 0)
        return k;
    /* Nearly always the one just below lives: look there first, then twice as far each
     * time. */
    for (width = 1, k = 0; k == 0 && end - width > where; width *= 2) {
        k = lock_any(r->fd, end - width, end, &from, 0);
        if (k < 0)
            return -1;
        if (k)
            where = from;
    }
    while (where + 1 < end && (k = lock_any(r->fd, where + 1, end, &from, 0)) != 0) {
        if (k < 0)
            return -1;
        where = from;
    }
    *found = (unsigned long long)(where - FIRST);
    return 1;
}

int ticket_after(const struct roll *r, unsigned long long number,
                 unsigned long long *found)
{
    off_t where;
    int k = lock_lowest(r->fd, place(number) + 1, END, &where);

    if (k > 0)
        *found = (unsigned long long)(where - FIRST);
    return k;
}

int ticket_wait(struct roll *r, unsigned long long number)
{
    return lock_wait(r->fd, place(number), place(number) + 1);
}

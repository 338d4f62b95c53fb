#include "load.h"

#include <errno.h>

#include "client.h"
#include "say.h"

enum { BITS = 8 /* of a byte */ };

/* What went wrong in the system (errno), for the client. */
static void refuse(const struct load *l, const char *what)
{
    enum message_code code = errno == ENOMEM                      ? MESSAGE_ALLOC
                             : errno == ENOSPC || errno == EDQUOT ? MESSAGE_NOSPACE
                                                                  : MESSAGE_UNKNOWN;

    say_warn_errno("board %s: unable to %s a bit file", l->store->device->address, what);
    client_error(code, 0);
}

void load_begin(struct load *l, const char *nbits)
{
    unsigned long bits, most = l->store->device->number[DEVICE_LIMIT] * BITS;

    if (say_number(nbits, BITS, most, &bits) || bits % BITS) {
        client_say("error %s NBITS is a multiple of %d, at most %lu",
                   message_code(MESSAGE_BADSIZE), BITS, most);
        return;
    }
    l->bid = visit_bid(l->visit);
    if (l->bid == 0 || store_begin(l->store, l->bid)) {
        refuse(l, "begin");
        return;
    }
    l->left = bits / BITS;
    client_say("loadready %lu %lu send %llu bytes", l->bid, bits, l->left);
}

static void end(struct load *l)
{
    int state = store_end(l->store, 1);

    if (state < 0)
        refuse(l, "keep");
    else
        client_say("loaded %lu %d", l->bid, state == STORE_READY);
}

size_t load_feed(struct load *l, const char *data, size_t n)
{
    if (n > l->left)
        n = (size_t)l->left;
    if (n == 0)
        return 0;
    store_add(l->store, data, n);
    l->left -= n;
    if (l->left == 0)
        end(l);
    return n;
}

void load_drop(struct load *l)
{
    if (l->left && store_end(l->store, 0) < 0)
        say_warn_errno("board %s: unable to give up a bit file",
                       l->store->device->address);
    l->left = 0;
}

/* What is known of a bit file in words of its own: all eight, whatever is not. */
static void show(unsigned index, const struct store_entry *e)
{
    static const struct {
        const char *time, *text;
    } failed[] = {[STORE_INVALID] = {"invalid", "this was no .bit file packed by zlib"},
                  [STORE_INCOMPLETE] = {"incomplete", "not all of it has come"},
                  [STORE_WRONG] = {"wrong", "its part is none of the board's FPGAs"}};

    if (e->state == STORE_READY)
        client_say("bitinfo %u %lu %zu %s %s %s %s ready", index, e->bid, e->size,
                   e->header.design, e->header.part, e->header.date, e->header.time);
    else
        client_say("bitinfo %u %lu 0 - - - %s %s", index, e->bid, failed[e->state].time,
                   failed[e->state].text);
}

void load_show(struct load *l)
{
    struct store_entry e[STORE_BUFFERS];
    int i, n = store_list(l->store, e, STORE_BUFFERS);

    if (n < 0) {
        say_warn_errno("board %s: unable to list its bit files",
                       l->store->device->address);
        client_error(MESSAGE_UNKNOWN, 0);
        return;
    }
    for (i = 0; i < n; ++i)
        show((unsigned)i, e + i);
    for (; i < (int)l->store->device->number[DEVICE_BUFFERS]; ++i)
        client_say("bitinfo %d 0 0 - - - - unused", i);
    client_say("endlist");
}

/* holder: who holds a board, as its own end sees it: by the roll board/ADDRESS, which is
   never joined here. */
#ifndef HOLDER_H
#define HOLDER_H

#include <sys/types.h>

enum {
    HOLDER_LOOK = 1000 /* milliseconds: look at least so often, for who is on another host
                          cannot be watched, nor who leaves without an end */
};

struct holder {
    int fd; /* poll it for reading; -1: not open, or nobody can be watched */
    const char *address;
    uid_t uid;      /* who is to hold it */
    long long look; /* when to look again, of dial_now */
};

/* Look who holds the board now, into h->uid, and begin to watch him. Returns 1, 0 when
   nobody does, or -1 and errno. */
int holder_open(struct holder *h, const char *address);

/* Who holds it now? Returns as holder_open does. */
int holder_now(const struct holder *h, uid_t *uid);

/* Does he no longer hold it? Looks when events is not 0 (of poll(2), for h->fd), or when
   the last look is old. 1 or 0; also 1 when that cannot be known. */
int holder_lost(struct holder *h, int events);

void holder_close(struct holder *h);

#endif

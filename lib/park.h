/* park: requests that wait: for a file to be ready, for a time, or for room on the wire.
   Memory is taken once. */
#ifndef PARK_H
#define PARK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "fid.h"

enum park_what {
    PARK_READ,  /* until there is something to read */
    PARK_WRITE, /* until all of it is written */
    PARK_OPEN,  /* a FIFO, until somebody reads it: looked at now and then */
    PARK_CTL,   /* a write to a ctl file, until it can be done at once */
    PARK_BREAK, /* until the break is over */
    PARK_SYNC,  /* until it is on stable storage */
    PARK_CLOSE, /* until it is closed; the fid is no more */
    PARK_DRAIN, /* nobody waits, but the tty has still to send: it is closed later */
    PARK_ANSWER /* until there is room on the wire for the answer */
};

enum { PARK_ANSWER_MAX = 256 };

struct parked {
    TAILQ_ENTRY(parked) list;
    enum park_what what;
    uint8_t type; /* of the T message */
    uint16_t tag;
    struct fid *fid; /* kept; 0: none */
    uint64_t offset;
    uint32_t count, done; /* of the data */
    unsigned char *data;
    int mode;      /* of the Topen; of a sync or close: is it under way? */
    long long due; /* by dial_now; -1: never */
    /* What is to be said; length 0: it is a read or a stat, still to be done. */
    size_t length;
    unsigned char answer[PARK_ANSWER_MAX];
};

TAILQ_HEAD(park_list, parked);

struct park {
    int epoll;
    int also; /* so is what park_also has named */
    unsigned waiting, answers, most;
    struct parked *all;
    unsigned char *room; /* for the data of writes */
    unsigned char **data;
    unsigned data_left;
    size_t data_size;
    struct park_list free, list, ready; /* ready: those of PARK_ANSWER, in their order */
};

/* Room for most requests that wait for files, and as many that wait for the wire; data of
   at most size bytes for so many writes. Returns 0, or -1 and errno. */
int park_open(struct park *p, unsigned most, unsigned writes, size_t size);
void park_close(struct park *p);

/* Park a request; the fid is kept. Returns 0 ENOBUFS: too many are. */
struct parked *park_add(struct park *p, enum park_what what, uint16_t tag, uint8_t type,
                        struct fid *f);

/* Room for the data of a write. Returns 0, or -1 ENOBUFS. */
int park_data(struct park *p, struct parked *r);

/* It waits no more. */
void park_drop(struct park *p, struct parked *r);

/* From waiting for the file to waiting for the wire, in the order of the answers.
   Returns 0, or -1 ENOBUFS. */
int park_ready(struct park *p, struct parked *r);

/* The one with this tag, or 0. */
struct parked *park_find(struct park *p, uint16_t tag);

/* When the next is due (dial_now; -1: none). */
long long park_due(const struct park *p);

/* Let p->epoll be ready when this descriptor is, too; park_next sets p->also then.
   Returns 0, or -1 and errno. */
int park_also(struct park *p, int fd);

/* What has waited for a file that is ready now. Returns the fid, *events as of
   epoll_wait(2), or 0: no more. */
struct fid *park_next(struct park *p, uint32_t *events);

#endif

/* fid: the numbers by which a peer names files of ours. */
#ifndef FID_H
#define FID_H

#include <stdint.h>
#include <sys/stat.h>

#include "become.h"
#include "claim.h"

enum fid_kind {
    FID_FILE,
    FID_DIRECTORY,
    FID_BLOCK,  /* a block device */
    FID_WAITS,  /* whose reads and writes may wait: a character device, a FIFO */
    FID_CTL,    /* the settings of the tty that fd names */
    FID_NOWHERE /* a symbolic link that leads nowhere in the tree */
};

/* What a walk finds. */
struct fid_file {
    int fd;   /* of O_PATH, or, once it is open, what it is read and written by */
    int link; /* the symbolic link that led there, or -1 */
    enum fid_kind kind;
};

enum { FID_CLOSED = -1, FID_OPENING = -2 };

struct fid {
    struct fid *next;
    uint32_t number;
    unsigned refs; /* the table, and each request that is parked */
    struct fid_file file;
    struct become *as; /* who does what is done by it; 0: we ourselves */
    int mode;          /* of Topen; or one of the above */
    int no_offset;     /* it is read as it comes, at no place */
    /* How far a directory was read: bytes said, and the kernel's place behind the last
       entry; half: that behind before is said, but for the ctl file of the tty it is. */
    uint64_t said;
    int64_t place, before;
    int half;
    uint64_t wrote;         /* bytes */
    unsigned reads, writes; /* parked until the file is ready */
    uint32_t watched;       /* for what epoll(7) looks */
    struct claim claim;     /* of a tty that it has alone */
};

enum { FID_BUCKETS = 4096 };

struct fids {
    unsigned count, most;
    int limit; /* no fid has a descriptor from here on: they are for what is done */
    struct fid *bucket[FID_BUCKETS];
};

void fid_open(struct fids *t, unsigned most, int limit);

/* The fid of this number, or 0 EBADF. */
struct fid *fid_find(struct fids *t, uint32_t number);

/* A new one, whose file is its own from now on. Returns 0 EBUSY (the number is in use),
   EMFILE (there are too many, or few descriptors left), ENOMEM: the file is still the
   caller's. as is kept once more. */
struct fid *fid_make(struct fids *t, uint32_t number, const struct fid_file *file,
                     struct become *as);

/* Can fid_make make one? */
int fid_may_make(struct fids *t, uint32_t number);

/* The number means nothing any more; the file is closed when nobody keeps it. */
void fid_drop(struct fids *t, struct fid *f);

/* For those that need the fid longer than the peer. */
void fid_keep(struct fid *f);
void fid_release(struct fid *f);

/* Any fid of the table, or 0. */
struct fid *fid_any(const struct fids *t);

/* Is a file open by any, or about to be? Directories do not count. */
int fid_is_used(const struct fids *t);

/* Both descriptors are closed; errno stays. */
void fid_file_close(struct fid_file *file);

#endif

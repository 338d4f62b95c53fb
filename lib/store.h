/* store: the bit files of a board, in the directory bits/ADDRESS below the state
   directory. The directory is the table: BID.bit is a whole and valid file, unpacked;
   BID.invalid, BID.incomplete and BID.wrong are empty and tell what became of that
   upload; an upload under way has no name but BID.incomplete (O_TMPFILE, where the
   filesystem has it), so that whoever is killed leaves no half file. PID.job.bit is a
   second name of a file that the process PID programs from. */
#ifndef STORE_H
#define STORE_H

#include <sys/types.h>

#include "bitfile.h"
#include "device.h"
#include "unpack.h"

enum store_state { STORE_READY, STORE_INVALID, STORE_INCOMPLETE, STORE_WRONG };

enum { STORE_PATH = 4096, STORE_BUFFERS = 64 };

struct store {
    int directory; /* -1: not open */
    const struct device *device;
    int file; /* of the upload under way; -1: none */
    unsigned long bid;
    struct unpack unpack;
    enum store_state state; /* of the upload so far */
    size_t size;
    size_t head_size;
    unsigned char head[BITFILE_HEAD];
};

struct store_entry {
    unsigned long bid;
    enum store_state state;
    size_t size;           /* unpacked; 0 unless ready */
    struct bitfile header; /* of a ready one */
};

/* Open the directory of a board, made (0700, the state directory's owner) when missing.
   Returns 0, or -1 and errno. */
int store_open(struct store *s, const struct device *d);
void store_close(struct store *s);

/* Forget all bit files but what is being programmed now, the second name of process job
   (0: none). Returns 0 or -1. */
int store_wipe(struct store *s, pid_t job);

/* What there is in ascending order of bids, at most max. Returns how many, or -1. */
int store_list(const struct store *s, struct store_entry *e, unsigned max);

/* One of them. Returns 1, 0 when there is none, -1. */
int store_find(const struct store *s, unsigned long bid, struct store_entry *e);

/* Begin an upload. When the board has as many as it may (its buffers), the oldest goes:
   failed ones first. Returns 0, or -1: ENOMEM, ENOSPC, or as from the system. */
int store_begin(struct store *s, unsigned long bid);

/* Add n bytes of the zlib stream. What is wrong with it is kept for store_end: the rest
   of a bad upload is read and thrown away. */
void store_add(struct store *s, const void *data, size_t n);

/* The upload is over: give it its name. whole: all bytes have come that were announced.
   Returns its state, or -1 and errno (ENOSPC) when it could not be kept. */
int store_end(struct store *s, int whole);

/* For the process that is to program it: a second name, which stays when the first goes,
   into path (STORE_PATH bytes). And give that back. 0, or -1 and errno (ENOENT: not
   ready). */
int store_lend(const struct store *s, unsigned long bid, char *path);
void store_return(const struct store *s);

#endif

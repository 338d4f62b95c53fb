/* store: the bit files of a board, in the directory bits/ADDRESS below the state
   directory. The directory is the table: BID.bit is a whole and valid file, unpacked;
   BID.invalid, BID.incomplete and BID.wrong are empty and tell what became of that
   upload. One under way has no name but BID.incomplete, which is empty too: its file gets
   a name when it is whole (O_TMPFILE), so whoever is killed leaves no half file. Where
   the filesystem has no such files, the half file is BID.incomplete itself, locked
   (flock) until it is whole. PID.job.bit is a second name of a file that the process PID
   programs from. */
#ifndef STORE_H
#define STORE_H

#include <dirent.h>
#include <sys/types.h>

#include "bitfile.h"
#include "device.h"
#include "unpack.h"

enum store_state {
    STORE_READY,
    STORE_INVALID,
    STORE_INCOMPLETE,
    STORE_WRONG,
    STORE_STATES
};

enum { STORE_PATH = 4096, STORE_NAME = 64, STORE_BUFFERS = 64 };

struct store {
    int directory; /* -1: not open */
    const struct device *device;
    int file;  /* of the upload under way; -1: none */
    int named; /* it is BID.incomplete */
    unsigned long bid;
    struct unpack unpack;
    enum store_state state; /* of the upload so far */
    int error;              /* why it cannot be kept; 0: it can */
    size_t packed, size;
    size_t head_size;
    unsigned char head[BITFILE_HEAD];
};

struct store_entry {
    unsigned long bid;
    enum store_state state;
    size_t size;           /* unpacked; 0 unless ready */
    struct bitfile header; /* of a ready one */
};

/* Open the directory of a board, made (0700, owned as the state directory is) when
   missing; d stays the caller's and is read as long as the store is open. Returns 0, or
   -1 and errno. store_close gives up an upload under way: it is incomplete. */
int store_open(struct store *s, const struct device *d);
void store_close(struct store *s);

/* Forget all bit files but what is being programmed now, the second name of process job
   (0: none). Returns 0 or -1. */
int store_wipe(struct store *s, pid_t job);

/* What there is in ascending order of bids, the newest max of it. Returns how many, or -1
   and errno. */
int store_list(const struct store *s, struct store_entry *e, unsigned max);

/* One of them. Returns 1, 0 when there is none, -1. */
int store_find(const struct store *s, unsigned long bid, struct store_entry *e);

/* Begin an upload. When the board has as many as it may (its buffers), the oldest goes:
   failed ones first, half files never. Returns 0, or -1 (nothing was begun): ENOMEM,
   ENOSPC, or as from the system. */
int store_begin(struct store *s, unsigned long bid);

/* Add n bytes of the zlib stream. What is wrong with it is kept for store_end, and what
   was unpacked is thrown away at once, as is the rest. The board's limit holds for the
   packed bytes as for the unpacked ones; who knows before how many will come refuses them
   before store_begin. */
void store_add(struct store *s, const void *data, size_t n);

/* The upload is over: give it its name. whole: all bytes have come that were announced.
   One whose stream has no end is incomplete, too. Returns its state, or -1 and errno
   (ENOSPC) when it could not be kept: then nothing of it is left. */
int store_end(struct store *s, int whole);

/* For us to program it: a second name, which stays when the first goes, into path
   (STORE_PATH bytes). And give that back. 0, or -1 and errno (ENOENT: not ready). */
int store_lend(const struct store *s, unsigned long bid, char *path);
void store_return(const struct store *s);

/* For the store itself: the name (STORE_NAME bytes) of an upload in a state; remove a
   name that may be gone already; all names, and the next one of an upload (1, 0 at the
   end, -1); give what root has made to who owns the state directory. */
const char *store_name(char *name, unsigned long bid, enum store_state state);
int store_remove(const struct store *s, const char *name);
DIR *store_names(const struct store *s);
int store_next(DIR *d, unsigned long *bid, enum store_state *state);
int store_give_away(int fd);

#endif

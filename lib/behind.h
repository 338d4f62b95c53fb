/* behind: writes that were answered here before the peer has answered them. A 9P server
   may do what it is asked in any order, so none of them may touch the bytes of another;
   but who is asked to append (NINEP_APPEND) does all in its order. */
#ifndef BEHIND_H
#define BEHIND_H

#include <stdint.h>

enum { BEHIND_WRITES = 64 }; /* at a time, of all files */

struct behind_write {
    struct behind_write *next;
    uint64_t offset;
    uint32_t count;
    void *file, *by; /* the caller's */
};

struct behind {
    struct behind_write write[BEHIND_WRITES], *free;
};

/* Those of one file; all zero: none. */
struct behind_file {
    struct behind_write *first;
    unsigned count;
};

/* An error that nobody was told yet; all zero: there is none. */
struct behind_error {
    int error;
    unsigned warn; /* so many writes are to fail of it */
};

void behind_open(struct behind *b);

/* Begin a write. Returns 0 and errno when it must wait for the end of another: EAGAIN
   (too many), EBUSY (of the same bytes). */
struct behind_write *behind_begin(struct behind *b, struct behind_file *f,
                                  uint64_t offset, uint32_t count);

void behind_end(struct behind *b, struct behind_file *f, struct behind_write *w);

/* Keep the first of the errors nobody was told. */
void behind_failed(struct behind_error *kept, int e);

/* For write(2): tell it twice, and keep it. Twice, as of a long write(2) the kernel may
   tell no more than that it was short; not for ever, as who does not call fsync(2) must
   be able to go on when there is room again. */
int behind_warns(struct behind_error *kept);

/* For fsync(2): tell it, once. Till then close(2) tells it whenever it is asked: who
   closes a copy of the descriptor, and does not look, must not take it away from who
   does. */
int behind_told(struct behind_error *kept);

#endif

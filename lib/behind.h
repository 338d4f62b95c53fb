/* behind: writes that were answered here before the peer has answered them. A 9P server
   may do what it is asked in any order, so none of them may touch the bytes of another.
 */
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

/* An error that nobody was told yet; 0: there is none. */
typedef int behind_error;

void behind_open(struct behind *b);

/* Begin a write. Returns 0 and errno when it must wait for the end of another: EAGAIN
   (too many), EBUSY (of the same bytes). */
struct behind_write *behind_begin(struct behind *b, struct behind_file *f,
                                  uint64_t offset, uint32_t count);

void behind_end(struct behind *b, struct behind_file *f, struct behind_write *w);

/* Keep the first of the errors nobody was told. */
void behind_failed(behind_error *kept, int e);

/* Tell it, once. */
int behind_told(behind_error *kept);

#endif

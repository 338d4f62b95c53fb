/* sink: bytes on their way to a descriptor that may not take them now; what it does not
   take is kept in a ring. Never waits, also not for a descriptor that blocks because
   others have it, too. */
#ifndef SINK_H
#define SINK_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* How this descriptor is written so that it does not block, for sink_write. */
int sink_how(int fd);

/* As write(2), but EAGAIN instead of waiting, also when fd blocks; and no SIGPIPE of a
   socket. */
ssize_t sink_write(int fd, int how, const char *data, size_t n);

/* The same of several pieces, as writev(2). */
ssize_t sink_writev(int fd, int how, struct iovec *v, int count);

/* The smaller of two sizes. */
size_t sink_least(size_t a, size_t b);

struct sink {
    int fd;    /* -1: closed */
    int error; /* the errno of the write(2) that failed, 0: none did */
    int how;
    int last; /* nothing more comes: close it when all is written */
    char *ring;
    size_t size, at, have; /* of the ring, and what is in it */
};

/* Write to fd, which is the sink's from now on; ring has size bytes. SIGPIPE must be
   ignored. */
void sink_open(struct sink *s, int fd, char *ring, size_t size);
void sink_close(struct sink *s);

/* Take n bytes more, at most what the ring has room for. Returns how many bytes were
   written now, these or earlier ones. When that fails the sink is closed, and it drops
   what comes. */
size_t sink_put(struct sink *s, const char *data, size_t n);

/* Write what is in the ring, when the descriptor polls writable. Returns as sink_put. */
size_t sink_drain(struct sink *s);

/* Nothing more comes. */
void sink_end(struct sink *s);

#endif

/* pump: bytes from one descriptor to another, one way, by splice(2) where the two allow
   it, else through a buffer. Never waits. Both descriptors are non-blocking. */
#ifndef PUMP_H
#define PUMP_H

#include <poll.h>
#include <stddef.h>

enum { PUMP_BUFFER = 16384 };

struct pump {
    int from, to;
    int stop;  /* the byte at which to stop; -1: none */
    int ended; /* nothing more comes: the end of from, or stopped */
    int stopped;
    int how;
    int waits_for_to;
    int pipe[2];
    size_t inside; /* bytes in the pipe */
    size_t at, have;
    char data[PUMP_BUFFER];
};

/* Set up. First the n bytes of data go (at most PUMP_BUFFER), then what comes from from.
   Looking for a stop byte (else -1) costs the copying. */
void pump_open(struct pump *p, int from, int to, int stop, const char *data, size_t n);
void pump_close(struct pump *p);

/* What to wait for by poll(2): either POLLIN of from, or POLLOUT of to. */
struct pollfd pump_wants(const struct pump *p);

/* Move what can be moved now. Returns 1; 0 when from has ended and all is delivered; -1
   and errno when to takes no more. */
int pump_move(struct pump *p);

/* How many of the bytes written to a pipe or socket has the other end not read yet? 0
   when that cannot be known. */
int pump_unread(int fd);

#endif

/* dial: a TCP connection in bounded time, name resolution included. */
#ifndef DIAL_H
#define DIAL_H

#include <poll.h>
#include <signal.h>

/* Milliseconds of CLOCK_MONOTONIC: what deadlines are counted in. */
long long dial_now(void);

/* Milliseconds from now to the deadline for poll(2): 0 when it has passed, -1 for the
   deadline -1, which never comes. */
int dial_left(long long deadline);

/* The earlier of two deadlines, of which -1 never comes. */
long long dial_sooner(long long a, long long b);

/* ppoll(2) until the deadline; a signal that mask lets through is EINTR also when
   something is ready. */
int dial_poll(struct pollfd *p, nfds_t n, long long deadline, const sigset_t *mask);

/* Connect to host (an IP address without brackets, or a name: then every address of it in
   turn, each within an equal share of the time left) before the deadline. The descriptor
   is close-on-exec and blocking. As soon as one of the watched descriptors polls ready
   the attempt is given up. Returns the descriptor, or -1 and errno: ETIMEDOUT, ECANCELED
   (a watched one), ENOENT (no such name), ENOSYS (no getent to look it up), or as from
   connect(2). */
int dial(const char *host, unsigned port, long long deadline, struct pollfd *watched,
         unsigned count);

/* The same, and if we are root, from a port that shows it (reserved.h). */
int dial_reserved(const char *host, unsigned port, long long deadline);

/* If a dial is still under way at the time when, it calls tell with arg, once. tell 0:
   not any more. */
void dial_remind(long long when, void (*tell)(void *), void *arg);

/* One line from the socket fd until the deadline, into line (size bytes), without its
   newline; what is behind it stays unread. Returns 0, or -1 and errno: ETIMEDOUT,
   ECONNRESET (there is no whole line), EPROTO (it is too long), or as from recv(2). */
int dial_line(int fd, char *line, size_t size, long long deadline);

/* What this errno of dial means: strerror(3) does not speak of names. */
const char *dial_error(int e);

#endif

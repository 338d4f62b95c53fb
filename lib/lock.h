/* lock: fcntl(2) locks on ranges of bytes [from, to) of an open file, always exclusive
   but for lock_wait. The kernel gives them up when the process closes any descriptor of
   the file, or ends. The locks of the caller himself are never seen by him. */
#ifndef LOCK_H
#define LOCK_H

#include <sys/types.h>

/* Take it: at once (EAGAIN or EACCES when somebody has it), or waiting (EINTR by a
 * signal, EDEADLK). 0 or -1. */
int lock_try(int fd, off_t from, off_t to);
int lock_take(int fd, off_t from, off_t to);

/* Wait until nobody has it, without taking it. 0, or -1 as lock_take. */
int lock_wait(int fd, off_t from, off_t to);

void lock_drop(int fd, off_t from, off_t to);

/* The same as lock_try and lock_drop for a lock that belongs to the open file, not to the
   process: those that were forked with the descriptor open have it, too, and the kernel
   gives it up when the last of them has closed it. */
int lock_share(int fd, off_t from, off_t to);
void lock_unshare(int fd, off_t from, off_t to);

/* Who holds anything in the range? Returns 1, the start of a lock at *where and its
   holder's pid (0 when he is on another host, or not to be seen) at *pid, either may be
   0; 0 when nobody does; or -1. lock_any asks the kernel once, and it names whichever it
   likes; lock_lowest asks until it has the lowest. */
int lock_any(int fd, off_t from, off_t to, off_t *where, pid_t *pid);
int lock_lowest(int fd, off_t from, off_t to, off_t *where);

#endif

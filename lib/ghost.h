/* ghost: a process that answers for a file system that is gone. What is open in one whose
   server has closed /dev/fuse gets errors that speak of connections (ENOTCONN,
   ECONNABORTED); from a ghost it gets EIO, as from a device that was pulled out. */
#ifndef GHOST_H
#define GHOST_H

#include <stddef.h>

/* Start it for a file system of /dev/fuse, by our descriptor of it, of which the kernel
   writes at most so many bytes at a time, and where so many files are open; unless none
   is, or it is unmounted already. It ends with the last of them, though other mount
   namespaces have the file system still. That it cannot be started is no failure: then
   the kernel answers. */
void ghost_start(int fd, size_t most, unsigned files);

#endif

/* reserved: the ports from which nobody but root can speak to other hosts. */
#ifndef RESERVED_H
#define RESERVED_H

#include "lookup.h"

enum { RESERVED_TRIES = 64 /* ports that are tried, and so are connections */ };

/* Is it one? 1 or 0. Those below 512 are not: services have them, and one of these,
   ftp's, connects to where any user tells it. */
int reserved_is(unsigned port);

/* Bind the socket, that is to be connected to the address, to one of them. Who is not
   root, or finds none free, is not bound: then connect(2) takes any port. It fails with
   EADDRNOTAVAIL when there is such a connection already: try another socket. */
void reserved_bind(int fd, const struct lookup_address *to);

#endif

/* lookup: the addresses of a host name, by getent(1) in a child: the resolver may block
   for minutes, a child can be left behind. And the programs that never need a name can be
   linked statically, which getaddrinfo(3) would not allow. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { LOOKUP_MOST = 16, LOOKUP_TEXT = 4096 };

struct lookup_address {
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
};

/* One that is under way. */
struct lookup {
    pid_t pid;
    int fd; /* poll it for reading, then call lookup_read; close-on-exec */
    size_t have;
    char text[LOOKUP_TEXT];
};

/* An IP address, without brackets. Returns 1, or 0 when text is none. */
int lookup_literal(struct lookup_address *a, const char *text, unsigned port);

/* Begin. Returns 0, or -1 and errno: ENOENT no such name, ENOSYS no getent. */
int lookup_start(struct lookup *l, const char *name);

/* Take what has come. Returns 1, or 0 when that was all. */
int lookup_read(struct lookup *l);

/* Be done with it, at its end or before: its addresses, LOOKUP_MOST at most, each with
   the port. Returns how many. */
unsigned lookup_end(struct lookup *l, unsigned port, struct lookup_address *a);

#endif

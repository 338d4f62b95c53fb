#include "reserved.h"

#include <sys/socket.h>
#include <unistd.h>

enum { LAST = 1023, FIRST = 512 };

int reserved_is(unsigned port)
{
    return port >= FIRST && port <= LAST;
}

void reserved_bind(int fd, const struct lookup_address *to)
{
    static unsigned next;
    struct lookup_address from = {.length = to->length};
    int on = 1;
    if (geteuid() != 0)
        return;
    if (!next)
        next = (unsigned)getpid();
    /* Another connection's port is as good, if that goes somewhere else. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    from.to.any.sa_family = to->to.any.sa_family;
    for (int i = 0; i < RESERVED_TRIES; i++) {
        in_port_t port = htons((uint16_t)(LAST - next++ % (LAST - FIRST + 1)));
        if (to->to.any.sa_family == AF_INET)
            from.to.v4.sin_port = port;
        else
            from.to.v6.sin6_port = port;
        if (bind(fd, &from.to.any, from.length) == 0)
            return;
    }
}

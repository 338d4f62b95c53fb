/* How a connection is closed so that nothing is lost on the way: TCP takes back what the
   peer has not got yet when something that he sent was not read. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "stream.h"

void stream_end(struct streams *c, long long deadline, const sigset_t *mask)
{
    struct pollfd p = {.fd = c->in, .events = POLLIN};
    ssize_t r = 1;
    if (shutdown(c->out, SHUT_WR))
        return;
    while (r > 0) {
        if (dial_poll(&p, 1, deadline, mask) <= 0 || !dial_left(deadline))
            return;
        r = read(c->in, c->in_bytes, sizeof c->in_bytes);
        if (r < 0 && (errno == EAGAIN || errno == EINTR))
            r = 1;
    }
}

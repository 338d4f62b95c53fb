#include "linger.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"

void linger(int in, int out, long long deadline, const sigset_t *mask)
{
    struct pollfd p = {.fd = in, .events = POLLIN};
    char rest[16384];
    ssize_t r = 1;
    if (shutdown(out, SHUT_WR))
        return;
    while (r > 0) {
        if (dial_poll(&p, 1, deadline, mask) <= 0 || !dial_left(deadline))
            return;
        r = read(in, rest, sizeof rest);
        if (r < 0 && (errno == EAGAIN || errno == EINTR))
            r = 1;
    }
}

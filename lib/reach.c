#include "reach.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "dial.h"
#include "peer.h"
#include "say.h"

/* A full backlog blocks connect(2) here, and is bounded by the send timeout: there is
   nothing to poll for. */
static int reach_unix(const char *path, long long deadline)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval never = {0, 0};
    int fd, r;
    if (strlen(path) >= sizeof to.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    do {
        int left = dial_left(deadline);
        struct timeval limit = {left / 1000, left % 1000 * 1000 + 1};
        r = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (!r)
            r = connect(fd, (struct sockaddr *)&to, sizeof to);
    } while (r < 0 && errno == EINTR);
    if (!r)
        r = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &never, sizeof never);
    if (!r)
        return fd;
    r = errno == EAGAIN ? ETIMEDOUT : errno;
    close(fd);
    errno = r;
    return -1;
}

/* Where the port begins, or the end of the text: of several colons without brackets none
   is before a port, they are those of an IPv6 address. */
static const char *find_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon || (text[0] == '[' ? colon[-1] != ']' : strchr(text, ':') != colon))
        return text + strlen(text);
    return colon;
}

static int reach_tcp(const char *text, unsigned long port, unsigned alive,
                     long long deadline)
{
    char host[256];
    const char *end = find_port(text);
    size_t n = (size_t)(end - text);
    int fd, named = *end && say_number(end + 1, 1, 65535, &port) == 0;
    int bracket = text[0] == '[';
    if (bracket && n > 2 && text[n - 1] == ']') {
        text++;
        n -= 2;
        bracket = 0;
    }
    if (!n || bracket || n >= sizeof host || !port || (*end && !named)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(host, text, n);
    host[n] = 0;
    fd = dial(host, (unsigned)port, deadline, 0, 0);
    if (fd >= 0)
        peer_alive(fd, alive);
    return fd;
}

int reach(const char *where, unsigned port, unsigned alive, long long deadline)
{
    return strchr(where, '/') ? reach_unix(where, deadline)
                              : reach_tcp(where, port, alive, deadline);
}

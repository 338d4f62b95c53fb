#include "helper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dial.h"
#include "message.h"
#include "peer.h"
#include "say.h"

enum { CONNECT = 5000, ANSWER = 10000, GREETING = 2000 }; /* milliseconds */
enum { GREETINGS = 10 }; /* connections that may stay silent before we give up */

const char *helper_socket(void)
{
    const char *path = getenv("VLAB_SOCKET");
    return path && *path ? path : "/run/vlab/mutex";
}

/* A full backlog blocks connect(2) here, and is bounded by the send timeout: there is
   nothing to poll for. */
static int open_unix(const char *path, long long deadline)
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

/* HOST:PORT, or [V6]:PORT. */
static int open_tcp(const char *text, long long deadline, unsigned alive)
{
    char host[256];
    unsigned long port;
    const char *colon = strrchr(text, ':');
    size_t n = colon ? colon - text : 0;
    int fd;
    if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    if (!n || n >= sizeof host || say_number(colon + 1, 1, 65535, &port) < 0) {
        errno = EINVAL;
        return -1;
    }
    memcpy(host, text, n);
    host[n] = 0;
    fd = dial(host, port, deadline, 0, 0);
    if (fd >= 0)
        peer_alive(fd, alive);
    return fd;
}

int helper_open(struct helper *h, unsigned alive)
{
    const char *where = helper_socket();
    long long deadline = dial_now() + CONNECT;
    memset(h, 0, sizeof *h);
    h->fd = strchr(where, '/') ? open_unix(where, deadline)
                               : open_tcp(where, deadline, alive);
    return h->fd < 0 ? -1 : 0;
}

const char *helper_error(int e)
{
    static char text[160];
    int tcp = !strchr(helper_socket(), '/');
    if (tcp && e == EINVAL)
        return "VLAB_SOCKET must be a path (with a slash in it) or HOST:PORT";
    if (e != ECONNREFUSED && (tcp || e != ENOENT))
        return dial_error(e);
    snprintf(text, sizeof text,
             "%s: tell the administrator that the vlab-mutex service is not running",
             strerror(e));
    return text;
}

void helper_close(struct helper *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
}

int helper_line(struct helper *h, long long deadline, char **line)
{
    for (;;) {
        struct pollfd p = {.fd = h->fd, .events = POLLIN};
        ssize_t r;
        h->at += lines_feed(&h->lines, h->buffer + h->at, h->have - h->at);
        if (h->lines.whole) {
            *line = h->lines.text;
            return 1;
        }
        int n = poll(&p, 1, dial_left(deadline));
        if (n < 0)
            return -1;
        if (!n) {
            errno = ETIMEDOUT;
            return -1;
        }
        r = read(h->fd, h->buffer, sizeof h->buffer);
        if (r <= 0)
            return r;
        h->at = 0;
        h->have = r;
    }
}

/* The next line that is not a remark or a broadcast, signals or not. Returns 1 and its
   word and the rest, or as helper_line with 0 turned into -1 ECONNRESET. */
static int answer(struct helper *h, long long deadline, char **words)
{
    char *line;
    for (;;) {
        int r = helper_line(h, deadline, &line);
        if (r < 0 && errno == EINTR)
            continue;
        if (!r)
            errno = ECONNRESET;
        if (r <= 0)
            return -1;
        if (!message_split(line, words, 2))
            continue;
        if (!message_is(words[0], "rem") && !message_is(words[0], "wall"))
            return 1;
    }
}

/* Connect, and read what comes first. Over TCP, a connection that found the backlog full
   can look good from here while the other side knows nothing of it; as we are to be
   greeted first, it would be silent for good, so a new one is tried. A unix socket loses
   nobody: there a new connection would only lose its place. */
static int greeting(struct helper *h, unsigned alive, char **words)
{
    int tcp = !strchr(helper_socket(), '/'), r, i = 0;
    do {
        r = helper_open(h, alive);
        if (r < 0)
            return -1;
        r = answer(h, dial_now() + (tcp ? GREETING : ANSWER), words);
        if (r > 0 || errno != ETIMEDOUT)
            return r;
        helper_close(h);
    } while (tcp && ++i < GREETINGS);
    errno = ETIMEDOUT;
    return -1;
}

int helper_login(struct helper *h, unsigned alive, uid_t uid, char *version, char **line)
{
    char *words[2];
    long long deadline;
    int r = greeting(h, alive, words), asked = 0;
    for (deadline = dial_now() + ANSWER; r > 0; r = answer(h, deadline, words)) {
        if (message_is(words[0], "error")) {
            *line = words[1];
            return 1;
        }
        if (message_is(words[0], "mversion") && !asked) {
            if (version)
                snprintf(version, 128, "%s", words[1]);
            /* One that will not have us may be gone already: then its reason is here. */
            message_send(h->fd, "setuid %lu", (unsigned long)uid);
            asked = 1;
        } else if (message_is(words[0], "ok") && asked) {
            return 0;
        } else {
            errno = EPROTO;
            break;
        }
    }
    r = errno;
    helper_close(h);
    errno = r;
    return -1;
}

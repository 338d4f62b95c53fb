#include "helper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "message.h"
#include "reach.h"

enum { CONNECT = 5000, ANSWER = 10000, GREETING = 2000 }; /* milliseconds */
enum { GREETINGS = 10 }; /* connections that may stay silent before we give up */

const char *helper_socket(void)
{
    const char *path = getenv("VLAB_SOCKET");
    return path && *path ? path : "/run/vlab/mutex";
}

int helper_open(struct helper *h, unsigned alive)
{
    memset(h, 0, sizeof *h);
    h->fd = reach(helper_socket(), 0, alive, dial_now() + CONNECT);
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

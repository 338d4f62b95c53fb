#include "desk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "door.h"
#include "foreign.h"
#include "message.h"
#include "reach.h"
#include "say.h"

#define DOOR "node:"

enum { CONNECT = 5000, GREETING = 2000 }; /* milliseconds */
enum { GREETINGS = 10 }; /* connections that may stay silent before we give up */
enum { ALIVE = 30 };     /* seconds until a vanished host is noticed */

const char *desk_where(void)
{
    const char *where = getenv("VLAB_LAUNCH");
    return where && *where ? where : "/run/vlab/launch";
}

int desk_hear(struct streams *c, long long deadline, char **word)
{
    static char line[FRAME_LINE_MAX + 1];
    struct pollfd p[STREAM_POLL];
    struct frame f;
    int k, more = 1;
    while ((k = stream_next(c, &f)) == 0) {
        if (more <= 0) {
            errno = ECONNRESET;
            return -1;
        }
        stream_poll(c, p, 1);
        k = poll(p, STREAM_POLL, dial_left(deadline));
        if (k == 0)
            return 0;
        if (k > 0)
            more = stream_move(c, p);
    }
    if (k < 0 || f.type != FRAME_LINE) {
        errno = EPROTO;
        return -1;
    }
    memcpy(line, f.data, f.length);
    line[f.length] = 0;
    message_split(line, word, 2);
    return 1;
}

static int is_node(const char *where)
{
    return strncmp(where, DOOR, sizeof DOOR - 1) == 0;
}

/* Through the door of a node. Returns as door_open. */
static int enter(const char *number, int *fd, char **text)
{
    static char why[DOOR_LINE];
    unsigned long node;
    *text = why;
    if (say_number(number, 1, MAP_LAST, &node)) {
        errno = EINVAL;
        return -1;
    }
    return door_open((unsigned)node, "run", dial_now() + CONNECT, fd, 0, why);
}

/* Over TCP, a connection that found the backlog full can look good from here while the
   other side knows nothing of it; as nothing has been asked yet, a new one does no harm.
   A unix socket loses nobody. */
int desk_open(struct streams *c, const char *where, char **text)
{
    int tcp = !strchr(where, '/'), i = 0, k;
    char *word[2];
    for (;;) {
        int fd;
        if (is_node(where))
            k = enter(where + sizeof DOOR - 1, &fd, text);
        else {
            fd = reach(where, DESK_PORT, ALIVE, dial_now() + CONNECT);
            k = fd < 0 ? -1 : 1;
        }
        if (k != 1)
            return k;
        stream_open(c, fd, fd);
        k = desk_hear(c, dial_now() + (tcp ? GREETING : DESK_ANSWER), word);
        if (k)
            break;
        close(fd);
        errno = ETIMEDOUT;
        if (!tcp || ++i == GREETINGS)
            return -1;
    }
    if (k < 0 || message_is(word[0], "lversion"))
        return k;
    *text = word[1];
    errno = EPROTO;
    return message_is(word[0], "error") ? 0 : -1;
}

int desk_words(struct streams *c, char *const *words)
{
    for (; *words; words++) {
        const char *w = *words;
        size_t n = strlen(w);
        int part;
        do {
            size_t some = n > FRAME_PAYLOAD ? FRAME_PAYLOAD : n;
            part = some < n;
            if (stream_pending(c) > FRAME_MAX &&
                stream_flush(c, dial_now() + DESK_ANSWER) && errno == ETIMEDOUT)
                return -1;
            stream_word(c, w, some, part);
            w += some;
            n -= some;
        } while (part);
    }
    return 0;
}

int desk_code(enum message_code code)
{
    if (code == MESSAGE_BADSIZE || code == MESSAGE_COMMAND)
        return SAY_USAGE;
    if (code == MESSAGE_BUSY || code == MESSAGE_PQFULL || code == MESSAGE_PERMISSION ||
        code == MESSAGE_UNKNOWNLAUNCHER || code == MESSAGE_BLOCKED ||
        code == MESSAGE_DIFFERS)
        return SAY_NO;
    return SAY_SYSTEM;
}

const char *desk_lists(const char *where)
{
    static char text[320];
    int usual = strcmp(where, desk_where()) == 0;
    snprintf(text, sizeof text, ": vlab-run %s%.255s%s-q lists yours", usual ? "" : "-h ",
             usual ? "" : where, usual ? "" : " ");
    return text;
}

const char *desk_error(int e, const char *where)
{
    static char text[160];
    int tcp = !strchr(where, '/');
    if (tcp && e == EINVAL)
        return "it must be a path (with a slash in it), HOST, HOST:PORT or node:NUMBER";
    if (e == ECONNRESET)
        return "it has hung up";
    if (e == EPROTO)
        return "it is no vlab-launch";
    if (is_node(where))
        return door_error(e);
    if (e != ECONNREFUSED && (tcp || e != ENOENT))
        return dial_error(e);
    snprintf(text, sizeof text,
             "%s: tell the administrator that the vlab-launch service is not running",
             strerror(e));
    return text;
}

int desk_descriptors(int *fd)
{
    for (int i = 0; i < FRAME_STREAMS; i++) {
        fd[i] = foreign_open(i, i ? O_WRONLY : O_RDONLY);
        if (fd[i] < 0)
            return -1;
        if (i != 2)
            close(i);
    }
    return 0;
}

void desk_streams(struct streams *c, const int *fd)
{
    stream_send(c, 0, fd[0]);
    stream_take(c, 1, fd[1]);
    stream_take(c, 2, fd[2]);
}

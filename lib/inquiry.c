#include "inquiry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "message.h"
#include "reserved.h"

static void over(struct inquiry *q, enum inquiry_result result, const char *why)
{
    inquiry_end(q);
    q->step = INQUIRY_OVER;
    q->result = result;
    snprintf(q->why, sizeof q->why, "%s", why);
}

/* Connect to the next address, within an equal share of the time left. If we are root the
   other end sees it, and believes what we say of this host. */
static void connect_next(struct inquiry *q, int e)
{
    for (; q->at < q->addresses; q->at++) {
        const struct lookup_address *a = &q->address[q->at];
        int tries = 0;
        do {
            q->fd = socket(a->to.any.sa_family,
                           SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            if (q->fd >= 0)
                reserved_bind(q->fd, a);
            if (q->fd >= 0 &&
                (connect(q->fd, &a->to.any, a->length) == 0 || errno == EINPROGRESS)) {
                q->step = INQUIRY_CONNECTS;
                q->until = dial_now() + dial_left(q->deadline) / (q->addresses - q->at);
                return;
            }
            e = errno;
            if (q->fd >= 0)
                close(q->fd);
            q->fd = -1;
        } while (e == EADDRNOTAVAIL && ++tries < RESERVED_TRIES);
    }
    over(q, INQUIRY_SILENT, dial_error(e));
}

void inquiry_begin(struct inquiry *q, unsigned node, struct conf *c, const char *verb,
                   const struct door_said *self, int patience)
{
    struct map_node n;
    memset(q, 0, sizeof *q);
    q->node = node;
    q->fd = -1;
    q->verb = verb;
    q->self = self;
    q->until = q->deadline = dial_now() + patience;
    if (map_find(c, node, &n) != 1) {
        over(q, INQUIRY_SILENT, "the map has changed");
        return;
    }
    q->port = n.port;
    q->addresses = (unsigned)lookup_literal(q->address, n.address[0], n.port);
    if (q->addresses)
        connect_next(q, 0);
    else if (lookup_start(&q->lookup, n.address[0]))
        over(q, INQUIRY_SILENT, dial_error(errno));
    else
        q->step = INQUIRY_LOOKS;
}

int inquiry_wants(const struct inquiry *q, struct pollfd *p)
{
    p->fd = q->step == INQUIRY_LOOKS ? q->lookup.fd : q->fd;
    p->events = q->step == INQUIRY_CONNECTS ? POLLOUT : POLLIN;
    return q->step != INQUIRY_OVER;
}

static void ask(struct inquiry *q)
{
    size_t n = door_ask(q->line, q->verb, q->self);
    int e = 0;
    socklen_t size = sizeof e;
    if (getsockopt(q->fd, SOL_SOCKET, SO_ERROR, &e, &size))
        e = errno;
    /* A new connection has room for one line. */
    if (!e && send(q->fd, q->line, n, MSG_NOSIGNAL) < 0)
        e = errno;
    if (!e) {
        q->step = INQUIRY_HEARS;
        q->until = q->deadline;
        return;
    }
    close(q->fd);
    q->fd = -1;
    q->at++;
    connect_next(q, e);
}

/* Its line is whole. */
static void judge(struct inquiry *q)
{
    struct door_said *said = &q->said;
    char why[MEMBER_REASON], *text;
    int k = door_answered(q->line, said, &text);
    if (k < 0)
        over(q, INQUIRY_SILENT, "it does not answer as vlab-door does");
    else if (k == 0) {
        const char *code, *no = message_error(text, &code);
        k = message_is(code, "differs") || message_is(code, "permission");
        over(q, k ? INQUIRY_DIFFERS : INQUIRY_SILENT, no);
    } else if (strcmp(said->hash, q->self->hash) != 0)
        over(q, INQUIRY_DIFFERS, "it has another map of the nodes");
    else if (said->number && said->number != q->node) {
        snprintf(why, sizeof why, "it says that it is node %u", said->number);
        over(q, INQUIRY_DIFFERS, why);
    } else
        over(q, INQUIRY_SAID, "");
}

static void hear(struct inquiry *q)
{
    ssize_t n = recv(q->fd, q->line + q->have, sizeof q->line - q->have, 0);
    char *end;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        over(q, INQUIRY_SILENT, n ? strerror(errno) : "it has hung up");
        return;
    }
    end = memchr(q->line + q->have, '\n', (size_t)n);
    q->have += (size_t)n;
    if (end) {
        *end = 0;
        judge(q);
    } else if (q->have == sizeof q->line)
        over(q, INQUIRY_SILENT, "it does not answer as vlab-door does");
}

static void look(struct inquiry *q)
{
    if (lookup_read(&q->lookup))
        return;
    q->addresses = lookup_end(&q->lookup, q->port, q->address);
    q->step = INQUIRY_CONNECTS;
    connect_next(q, ENOENT);
}

int inquiry_move(struct inquiry *q, short revents)
{
    if (revents && q->step == INQUIRY_LOOKS)
        look(q);
    else if (revents && q->step == INQUIRY_CONNECTS)
        ask(q);
    else if (revents && q->step == INQUIRY_HEARS)
        hear(q);
    else if (!revents && q->step != INQUIRY_OVER && !dial_left(q->until)) {
        if (q->step == INQUIRY_CONNECTS && dial_left(q->deadline)) {
            close(q->fd);
            q->fd = -1;
            q->at++;
            connect_next(q, ETIMEDOUT);
        } else
            over(q, INQUIRY_SILENT, "it does not answer");
    }
    return q->step != INQUIRY_OVER;
}

void inquiry_end(struct inquiry *q)
{
    if (q->step == INQUIRY_LOOKS && q->lookup.pid)
        lookup_end(&q->lookup, q->port, q->address);
    if (q->fd >= 0)
        close(q->fd);
    q->fd = -1;
}

#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bits.h"
#include "dial.h"
#include "follow.h"
#include "peer.h"
#include "pump.h"
#include "raw.h"
#include "say.h"

enum {
    REACH = 5000, /* milliseconds a board may take to be there */
    PATIENCE =
        2000 /* and somebody at a terminal may not know what it is that takes long */
};

/* A process has one session. */
static int fd = -1;
static const char *board;
static long long patience; /* when to say that we try to reach it; -1: not any more */
static struct follow follow;
static struct relay_buffer from;   /* the board's bytes that have not been passed on */
static long long said;             /* when the last of them came */
static size_t allowed;             /* bytes of r->in that may go to the board */
static int ended;                  /* the board says no more */
static int deaf;                   /* it takes no more */
static int quit;                   /* the client said so */
static int shut;                   /* it was told that the client sends no more */
static char refusal[MESSAGE_LINE]; /* CODE TEXT: the board will not have us */

static void hear(void)
{
    size_t room = relay_room(&from);
    ssize_t n;

    if (!room || ended)
        return;
    n = recv(fd, from.data + from.have, room, MSG_DONTWAIT);
    if (n > 0) {
        from.have += (size_t)n;
        said = dial_now();
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        ended = 1;
}

static void tell_patience(void *relay)
{
    struct relay *r = relay;

    patience = -1;
    if (relay_say(r, "rem trying %s", board) == 0)
        relay_wait(r, 0, 0, 0);
}

const char *session_refusal(void)
{
    return refusal;
}

/* The first line of the board must be its eversion: whoever else listens there is none.
 */
static int greet(struct relay *r, long long deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char *words[2];
    size_t used = 0;

    while (!follow.board.whole) {
        if (dial_now() >= deadline) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (ended) {
            errno = ECONNRESET;
            return -1;
        }
        if (patience >= 0 && dial_now() >= patience)
            tell_patience(r);
        if (relay_wait(r, 0, &p, patience >= 0 ? patience : deadline) < 0)
            return -1;
        if (p.revents)
            hear();
        used += lines_feed(&follow.board, from.data + used, from.have - used);
        if (!follow.board.whole && !relay_room(&from))
            break;
    }
    message_split(follow.board.text, words, 2);
    if (!follow.board.whole || !message_is(words[0], "eversion")) {
        errno = EPROTO;
        return -1;
    }
    if (follow_refusal(from.data + used, from.have - used, refusal, sizeof refusal)) {
        errno = EACCES;
        return -1;
    }
    if (relay_say(r, "ok connected to %s", board) < 0)
        return -1;
    return relay_say(r, "eversion %s", words[1]) < 0 ? -1 : (from.at = used, 0);
}

int session_open(struct relay *r, const char *name, const char *host, unsigned port)
{
    struct pollfd watched[] = {{.fd = r->helper.fd, .events = POLLRDHUP}, {.fd = 1}};
    long long deadline = dial_now() + REACH;
    int on = 1, e;

    memset(&follow, 0, sizeof follow);
    from.at = from.have = allowed = 0;
    refusal[0] = 0;
    ended = deaf = quit = shut = 0;
    board = name;
    patience = isatty(0) ? dial_now() + PATIENCE : -1;
    if (patience >= 0)
        dial_remind(patience, tell_patience, r);
    fd = dial(host, port, deadline, watched, 2);
    dial_remind(0, 0, 0);
    if (fd < 0 && errno == ECANCELED)
        relay_wait(r, 0, 0, 0);
    if (fd < 0)
        return -1;
    peer_alive(fd, r->alive);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && greet(r, deadline) == 0)
        return 0;
    e = errno;
    session_close();
    errno = e;
    return -1;
}

void session_close(void)
{
    if (fd >= 0)
        close(fd);
    fd = -1;
}

static void keep(struct relay *r, const char *data, size_t n)
{
    if (bits_add(data, n) < 0 || (!follow.left && bits_end() < 0))
        say_warn_errno("unable to keep the bit file of %s in %s", r->user, r->home);
}

/* Look at what the client sent, and send on what may go. */
static void from_client(struct relay *r)
{
    struct relay_buffer *in = &r->in;
    enum follow_event event;
    size_t n;

    while (!quit && (n = follow_client(&follow, in->data + in->at + allowed,
                                       in->have - in->at - allowed, &event))) {
        if (event == FOLLOW_COMMAND || event == FOLLOW_QUIT)
            relay_log(r, follow.client.text);
        if (event == FOLLOW_BITS)
            keep(r, in->data + in->at + allowed, n);
        quit = event == FOLLOW_QUIT;
        allowed += n;
    }
    if (quit)
        in->have = in->at + allowed;
    while (allowed && !deaf) {
        ssize_t w = send(fd, in->data + in->at, allowed, MSG_NOSIGNAL);
        if (w > 0) {
            in->at += (size_t)w;
            allowed -= (size_t)w;
        } else if (w == 0 || errno == EAGAIN)
            break;
        else if (errno != EINTR)
            deaf = 1;
    }
    if (deaf)
        in->at = in->have = allowed = 0;
}

/* Wait until the client has taken everything we wrote; then a little longer, for he has
   read it, but may not have looked at it. An old client takes bytes that arrive together
   with `usinguart` for part of that line, and drops them. */
static void let_him_read(struct relay *r)
{
    long long deadline = dial_now() + 100;

    while (pump_unread(1) && dial_now() < deadline)
        if (relay_wait(r, 0, 0, dial_now() + 1) < 0)
            return;
    deadline = dial_now() + 20;
    while (dial_now() < deadline)
        if (relay_wait(r, 0, 0, deadline) < 0)
            return;
}

static void drain(struct relay *r)
{
    while (r->out.at < r->out.have && relay_wait(r, 0, 0, -1) == 0)
        ;
}

/* From the line `usinguart` on. It leaves with LF alone and in a write of its own. */
static void use_uart(struct relay *r, size_t n)
{
    char *line = from.data + from.at;

    from.at += n;
    drain(r);
    if (line[n - 1] == '\r' && from.at < from.have && from.data[from.at] == '\n')
        from.at++;
    relay_pass(r, line, n - 1);
    relay_pass(r, "\n", 1);
    drain(r);
    r->raw = 1; /* what we say now would be taken for the UART's */
    let_him_read(r);
    if (!r->over)
        raw_run(r, fd, &from);
}

/* Pass on what the board said. Returns 1 when raw mode has been, and all is over. */
static int from_board(struct relay *r)
{
    enum follow_event event;

    while (from.at < from.have) {
        size_t room = relay_room(&r->out), n = from.have - from.at;
        char *data = from.data + from.at;

        if (!room)
            return 0;
        n = follow_board(&follow, data, n < room ? n : room, &event);
        if (event == FOLLOW_UART) {
            use_uart(r, n);
            return 1;
        }
        relay_pass(r, data, n);
        from.at += n;
        if (event == FOLLOW_READY && bits_begin(r->home, board, follow.bid) < 0)
            say_warn_errno("unable to keep the bit file of %s in %s", r->user, r->home);
        if (r->walls.at < r->walls.have)
            relay_listen(r);
    }
    return 0;
}

/* When to end if nothing happens. Ends it if that is now. */
static long long limit(struct relay *r)
{
    static long long linger = -1;
    long long now = dial_now(), idle = r->heard + r->timeout * 1000LL;

    if (linger < 0 && ((quit && !allowed) || shut || deaf))
        linger = now + RELAY_LINGER;
    /* To who only sends no more, the board may have a lot to say. */
    if (shut && !quit && !deaf && said + RELAY_LINGER > linger)
        linger = said + RELAY_LINGER < idle ? said + RELAY_LINGER : idle;
    if (linger >= 0 && now >= linger && deaf && !quit && !shut)
        relay_end(r, RELAY_BOARD_LOST, "disconnect the board takes no more");
    else if (linger >= 0 && now >= linger)
        relay_end(r, RELAY_LEFT, 0);
    else if (linger < 0 && now >= idle)
        relay_end(r, RELAY_IDLE, "timeout nothing was said for too long");
    return linger >= 0 ? linger : idle;
}

void session_run(struct relay *r)
{
    while (!r->over) {
        struct pollfd p = {.fd = fd};
        long long deadline;

        relay_listen(r);
        if (from_board(r))
            break;
        from_client(r);
        if (ended && from.at == from.have) {
            int left = quit || r->in_ended;
            relay_end(r, left ? RELAY_LEFT : RELAY_BOARD_LOST,
                      left ? 0 : "disconnect the board has closed the connection");
        }
        if (r->in_ended && r->in.at == r->in.have && !shut && !deaf) {
            shut = 1;
            shutdown(fd, SHUT_WR);
        }
        deadline = limit(r);
        p.events =
            (relay_room(&from) && !ended ? POLLIN : 0) | (allowed && !deaf ? POLLOUT : 0);
        if (!p.events)
            p.fd = -1;
        relay_wait(r, (quit || deaf ? 0 : RELAY_CLIENT) | RELAY_HELPER, &p, deadline);
        if (p.revents & ~POLLOUT)
            hear();
    }
}

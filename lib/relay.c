#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"

enum { LOST = 1000 /* milliseconds to take the last words of a session that was lost */ };

static int flags[2] = {-1, -1};

void relay_open(void)
{
    for (int fd = 0; fd < 2; ++fd)
        flags[fd] = fcntl(fd, F_GETFL);
    for (int fd = 0; fd < 2; ++fd)
        if (flags[fd] >= 0)
            fcntl(fd, F_SETFL, flags[fd] | O_NONBLOCK);
}

void relay_restore(void)
{
    for (int fd = 0; fd < 2; ++fd)
        if (flags[fd] >= 0)
            fcntl(fd, F_SETFL, flags[fd]);
}

size_t relay_room(struct relay_buffer *b)
{
    if (b->at) {
        memmove(b->data, b->data + b->at, b->have - b->at);
        b->have -= b->at;
        b->at = 0;
    }
    return sizeof b->data - b->have;
}

void relay_log(const struct relay *r, const char *line)
{
    char text[900]; /* say_info cuts at 1024 */

    say_info("User (%s): \"%s\"", r->user, say_escape(text, sizeof text, line));
}

void relay_end(struct relay *r, enum relay_over over, const char *why)
{
    if (r->over)
        return;
    r->over = over;
    snprintf(r->why, sizeof r->why, "%s", why ? why : "");
}

void relay_pass(struct relay *r, const char *data, size_t n)
{
    if (!n || relay_room(&r->out) < n)
        return;
    memcpy(r->out.data + r->out.have, data, n);
    r->out.have += n;
    r->middle = data[n - 1] != '\n' && data[n - 1] != '\r';
}

int relay_say(struct relay *r, const char *format, ...)
{
    char line[MESSAGE_LINE];
    va_list args;
    size_t n;

    va_start(args, format);
    n = message_format(line, format, args);
    va_end(args);
    while (relay_room(&r->out) < n)
        if (relay_wait(r, 0, 0, -1) < 0)
            return -1;
    relay_pass(r, line, n);
    r->said_error = !strncmp(line, "error ", 6);
    return r->over ? -1 : 0;
}

static void flush(struct relay *r)
{
    struct relay_buffer *b = &r->out;

    while (b->at < b->have) {
        ssize_t w = write(1, b->data + b->at, b->have - b->at);
        if (w > 0)
            b->at += (size_t)w;
        else if (w == 0 || errno == EAGAIN)
            return;
        else if (errno != EINTR) {
            relay_end(r, RELAY_GONE, 0);
            return;
        }
    }
}

static void read_client(struct relay *r)
{
    size_t room = relay_room(&r->in);
    ssize_t n = read(0, r->in.data + r->in.have, room);

    if (n > 0) {
        r->in.have += (size_t)n;
        r->heard = dial_now();
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        r->in_ended = 1;
}

int relay_wait(struct relay *r, int what, struct pollfd *board, long long deadline)
{
    int reading = what & RELAY_CLIENT && !r->in_ended && relay_room(&r->in);
    int pending = r->out.at < r->out.have;
    struct pollfd p[] = {
        {.fd = reading ? 0 : -1, .events = POLLIN},
        {.fd = 1, .events = pending ? POLLOUT : 0},
        {.fd = r->helper.fd, .events = what & RELAY_HELPER ? POLLIN : POLLRDHUP},
        {.fd = board ? board->fd : -1, .events = board ? board->events : 0}};
    char *words[2];

    if (board)
        board->revents = 0;
    if (r->over)
        return -1;
    if (poll(p, 4, dial_left(deadline)) < 0)
        return 0;
    if (board)
        board->revents = p[3].revents;
    if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL))
        relay_end(r, RELAY_GONE, 0);
    if (p[1].revents & POLLOUT)
        flush(r);
    if (p[0].revents)
        read_client(r);
    if (p[2].revents && !(what & RELAY_HELPER))
        while (relay_helper(r, words))
            ;
    return r->over ? -1 : 0;
}

static void put_aside(struct relay *r, const char *text)
{
    struct relay_buffer *b = &r->walls;
    size_t room = relay_room(b);
    int n = snprintf(b->data + b->have, room, "wall %s\n", text);

    if (n < 0 || (size_t)n >= room)
        say_warn("a broadcast to %s was dropped, for he does not read", r->user);
    else
        b->have += (size_t)n;
}

int relay_helper(struct relay *r, char **words)
{
    char *line;
    int k = 0;

    while (!r->over && r->helper.fd >= 0 && (k = helper_line(&r->helper, 0, &line)) > 0) {
        if (!message_split(line, words, 2))
            continue;
        if (message_is(words[0], "error") && !strncmp(words[1], "disconnect", 10))
            relay_end(r, RELAY_HELPER_LOST, words[1]);
        else if (message_is(words[0], "wall"))
            put_aside(r, words[1]);
        else
            return 1;
    }
    if (!r->over && r->helper.fd >= 0 &&
        (k == 0 || (errno != ETIMEDOUT && errno != EINTR)))
        relay_end(r, RELAY_HELPER_LOST, "disconnect the helper has gone");
    return 0;
}

void relay_walls(struct relay *r)
{
    struct relay_buffer *b = &r->walls;

    while (b->at < b->have && (r->raw || !r->middle)) {
        char *text = b->data + b->at;
        size_t n = (size_t)((char *)memchr(text, '\n', b->have - b->at) + 1 - text);

        if (!r->raw) {
            if (relay_room(&r->out) < n)
                return;
            relay_pass(r, text, n);
        } else if (!isatty(2) || dprintf(2, "\r\n%.*s\r\n", (int)n - 1, text) < 0)
            say_info("a broadcast to %s was dropped, for he talks to a UART", r->user);
        b->at += n;
    }
}

void relay_listen(struct relay *r)
{
    char *words[2];

    while (relay_helper(r, words))
        if (message_is(words[0], "error"))
            relay_end(r, RELAY_HELPER_LOST, words[1]);
    relay_walls(r);
}

void relay_farewell(struct relay *r)
{
    enum relay_over over = r->over;
    long long deadline = dial_now() + (over == RELAY_HELPER_LOST ? LOST : RELAY_LINGER);
    struct pollfd p = {.fd = 1, .events = POLLOUT};
    char line[MESSAGE_LINE + 8];
    int n = snprintf(line, sizeof line, "%serror %s\n", r->middle ? "\n" : "", r->why);

    if (over == RELAY_GONE)
        return;
    if (*r->why && !r->raw)
        relay_pass(r, line, (size_t)n);
    r->over = RELAY_GOES_ON; /* flush may find that he is gone */
    while (!r->over && r->out.at < r->out.have && poll(&p, 1, dial_left(deadline)) > 0) {
        if (p.revents & (POLLERR | POLLHUP | POLLNVAL))
            break;
        flush(r);
    }
    r->over = over;
    if (*r->why && r->raw && isatty(2))
        dprintf(2, "\r\nerror %s\r\n", r->why);
}

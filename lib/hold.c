#include "hold.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"

int hold_families(struct hold *h, unsigned n)
{
    struct conf c;
    struct conf_lines lines;
    if (conf_open(&c) < 0)
        return -1;
    for (unsigned i = 0; i < n; i++)
        if (conf_find(&c, "pool", h[i].pool, &lines) != 1 ||
            !conf_line(&lines, "family", h[i].family))
            *h[i].family = 0;
    conf_close(&c);
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct hold *a = *(struct hold *const *)left;
    const struct hold *b = *(struct hold *const *)right;
    int r = strcmp(a->family, b->family);
    return r ? r : strcmp(a->pool, b->pool);
}

unsigned hold_order(struct hold **order, unsigned n)
{
    qsort(order, n, sizeof *order, compare);
    for (unsigned k = 1; k < n; k++) {
        const struct hold *a = order[k - 1], *b = order[k];
        if (!strcmp(a->pool, b->pool) || (*a->family && !strcmp(a->family, b->family)))
            return k;
    }
    return 0;
}

/* How soon a helper on a host that vanished is missed. */
static unsigned alive(void)
{
    struct conf c;
    unsigned seconds;
    if (strchr(helper_socket(), '/'))
        return 0;
    conf_open(&c);
    seconds = conf_setting(&c, CONF_ALIVE);
    conf_close(&c);
    return seconds;
}

/* Both requests go out in one packet: each answer waited for costs a switch of processes
   there and back. */
int hold_ask(struct hold *h, int wait)
{
    char text[CONF_NAME + 64];
    int n;
    h->known = 0;
    h->ahead = -1;
    if (helper_open(&h->helper, alive()) < 0)
        return -1;
    n = snprintf(text, sizeof text, "setuid %lu\nboardrequest %s new%s\n",
                 (unsigned long)geteuid(), h->pool, wait ? " wait" : "");
    /* A helper that refuses a connection may be gone already; then it has said why. */
    if (send(h->helper.fd, text, n, MSG_NOSIGNAL) != n && errno != EPIPE &&
        errno != ECONNRESET) {
        helper_close(&h->helper);
        return -1;
    }
    return 0;
}

static int lose(struct hold *h, const char *why)
{
    helper_close(&h->helper);
    h->text = why;
    return HOLD_LOST;
}

static int refuse(struct hold *h, char *rest)
{
    char *words[2];
    message_split(rest, words, 2);
    h->code = message_find(words[0]);
    h->text = words[1];
    if (!*h->text)
        h->text = h->code < MESSAGE_CODE_COUNT ? message_text(h->code) : words[0];
    return h->code == MESSAGE_DISCONNECT ? lose(h, h->text) : HOLD_REFUSED;
}

static int grant(struct hold *h, char *rest)
{
    char *words[2];
    if (message_split(rest, words, 2) < 2 || strlen(words[0]) >= sizeof h->host ||
        strlen(words[1]) >= sizeof h->port)
        return lose(h, "the helper names no board");
    strcpy(h->host, words[0]);
    strcpy(h->port, words[1]);
    return HOLD_GRANTED;
}

static int move(struct hold *h, char *rest)
{
    char *words[2];
    message_split(rest, words, 2);
    if (!message_is(words[0], "waiting"))
        return HOLD_NOTHING;
    h->ahead = strtol(words[1], 0, 10);
    return HOLD_MOVED;
}

static int take(struct hold *h, char *line)
{
    char *words[2];
    message_split(line, words, 2);
    if (message_is(words[0], "rem"))
        return move(h, words[1]);
    if (message_is(words[0], "boardassign"))
        return grant(h, words[1]);
    if (message_is(words[0], "error"))
        return refuse(h, words[1]);
    if (message_is(words[0], "ok"))
        h->known = 1;
    if (!message_is(words[0], "wall"))
        return HOLD_NOTHING;
    h->text = words[1];
    return HOLD_WALL;
}

int hold_hear(struct hold *h)
{
    char *line;
    int r, what = HOLD_NOTHING;
    while (what == HOLD_NOTHING && (r = helper_line(&h->helper, 0, &line)) > 0)
        what = take(h, line);
    if (what != HOLD_NOTHING || (r < 0 && (errno == ETIMEDOUT || errno == EINTR)))
        return what;
    /* It is reset if the helper ended without having read what we asked. */
    if (!r || errno == ECONNRESET)
        return lose(h, "the helper has ended");
    return lose(h, strerror(errno));
}

int hold_wait(struct hold **h, unsigned n, int other, long long deadline,
              struct hold **from)
{
    struct pollfd p[HOLD_MAX + 1] = {{0}};
    for (int ready = 1;; ready = poll(p, n + 1, dial_left(deadline))) {
        if (ready < 0 && errno != EINTR)
            return -1;
        for (unsigned i = 0; i < n; i++) {
            int what = h[i]->helper.fd < 0 ? HOLD_NOTHING : hold_hear(h[i]);
            if (what != HOLD_NOTHING) {
                *from = h[i];
                return what;
            }
            p[i] = (struct pollfd){.fd = h[i]->helper.fd, .events = POLLIN};
        }
        if (ready <= 0 || p[n].revents)
            return HOLD_NOTHING;
        p[n] = (struct pollfd){.fd = other, .events = POLLIN};
    }
}

int hold_environment(const struct hold *h, unsigned n)
{
    char text[3][HOLD_MAX * CONF_ADDRESS] = {"", "", ""};
    for (unsigned i = 0; i < n; i++) {
        const char *const words[] = {h[i].pool, h[i].host, h[i].port};
        for (int k = 0; k < 3; k++) {
            if (i)
                strcat(text[k], " ");
            strcat(text[k], words[k]);
        }
    }
    return setenv("VLAB_POOL", text[0], 1) || setenv("VLAB_BOARD", text[1], 1) ||
                   setenv("VLAB_PORT", text[2], 1)
               ? -1
               : 0;
}

/* Its end of the connection is closed when it has given the board back. */
void hold_leave(struct hold *h, unsigned n)
{
    long long deadline = dial_now() + HOLD_FAREWELL;
    char *line;
    for (unsigned i = 0; i < n; i++)
        if (h[i].helper.fd >= 0)
            shutdown(h[i].helper.fd, SHUT_WR);
    for (unsigned i = 0; i < n; i++) {
        if (h[i].helper.fd < 0)
            continue;
        while (helper_line(&h[i].helper, deadline, &line) > 0)
            ;
        helper_close(&h[i].helper);
    }
}

/* fuzz-stream: a launcher's connection, of which a peer says anything. The first byte of
   an input says with HELPER which end we are, the second how many bytes come at a time,
   0 for all of them. */
#include "fuzz-main.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream.h"

enum { HELPER = 1 };
enum { LARGEST = 65536, ROUNDS = 1000000, SENT = 12 };

static struct streams c;
static int peer, sinks[FRAME_STREAMS], broken;
static char said[STREAM_OUT];
static size_t said_have, step;

/* What comes of each stream that we take, and what is to come. */
static char came[FRAME_STREAMS][LARGEST], expected[FRAME_STREAMS][LARGEST];
static size_t came_have[FRAME_STREAMS], expected_have[FRAME_STREAMS];

/* Will it break the rules? Whether it has given too much credit depends on how much we
   had sent by then, if it was no more than all that we send. */
enum { NO, PERHAPS, YES };

static int is_taken(unsigned n, int helper)
{
    return (n == 0) == (helper != 0);
}

static void make_pair(int pair[2])
{
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
}

static void begin(int helper)
{
    int pair[2], least = 1;
    unsigned n;

    make_pair(pair);
    peer = pair[1];
    broken = 0;
    said_have = 0;
    stream_open(&c, pair[0], pair[0]);
    for (n = 0; n < FRAME_STREAMS; ++n) {
        came_have[n] = expected_have[n] = 0;
        make_pair(pair);
        sinks[n] = pair[1];
        if (is_taken(n, helper)) {
            /* It does not take all at once. */
            setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
            stream_take(&c, n, pair[0]);
        } else {
            MUST(write(pair[1], "what we send", SENT) == SENT);
            MUST(shutdown(pair[1], SHUT_WR) == 0);
            stream_send(&c, n, pair[0]);
        }
    }
}

/* What we say must be frames. */
static void listen_to_us(void)
{
    struct frame f;
    ssize_t n, k = 1;
    size_t at;

    while ((n = recv(peer, said + said_have, sizeof said - said_have, 0)) > 0) {
        said_have += (size_t)n;
        for (at = 0; (k = frame_parse(&f, said + at, said_have - at)) > 0;)
            at += (size_t)k;
        MUST(k == 0);
        memmove(said, said + at, said_have - at);
        said_have -= at;
    }
}

static void read_sinks(size_t most)
{
    unsigned n;
    ssize_t r;

    for (n = 0; n < FRAME_STREAMS; ++n) {
        r = recv(sinks[n], came[n] + came_have[n],
                 most < LARGEST - came_have[n] ? most : LARGEST - came_have[n], 0);
        if (r > 0)
            came_have[n] += (size_t)r;
    }
}

/* Once round. Returns as stream_move. */
static int go_round(int listen)
{
    struct pollfd p[STREAM_POLL];
    struct frame f;
    int moved, k = 0;

    stream_poll(&c, p, listen);
    MUST(poll(p, STREAM_POLL, 0) >= 0);
    moved = stream_move(&c, p);
    while (!broken && (k = stream_next(&c, &f)) > 0)
        MUST(f.type == FRAME_LINE || f.type == FRAME_WORD || f.type == FRAME_PART);
    broken |= k < 0;
    MUST(c.in_at <= c.in_have && c.in_have <= STREAM_IN);
    MUST(c.out_at <= c.out_have && c.out_have <= STREAM_OUT);
    listen_to_us();
    read_sinks(step);
    return moved;
}

/* What is to come of the streams that we take, and whether it breaks the rules. */
static int expect(const char *data, size_t n, int helper)
{
    int ended[FRAME_STREAMS] = {0}, breaks = NO;
    size_t credit[FRAME_STREAMS] = {0};
    struct frame f;
    ssize_t k;

    for (; (k = frame_parse(&f, data, n)) > 0; data += k, n -= (size_t)k) {
        if (f.type == FRAME_DATA) {
            if (!is_taken(f.stream, helper) || ended[f.stream])
                return YES;
            memcpy(expected[f.stream] + expected_have[f.stream], f.data, f.length);
            expected_have[f.stream] += f.length;
            ended[f.stream] = f.length == 0;
        } else if (f.type == FRAME_CREDIT || f.type == FRAME_CLOSE) {
            credit[f.stream] += f.credit;
            if (is_taken(f.stream, helper) || credit[f.stream] > SENT)
                return YES;
            if (f.credit)
                breaks = PERHAPS;
        }
    }
    return k < 0 ? YES : breaks;
}

/* How far are the sinks from having all that was taken? */
static size_t kept(void)
{
    return c.s[0].sink.have + c.s[1].sink.have + c.s[2].sink.have;
}

static void end(void)
{
    unsigned n;

    for (n = 0; n < FRAME_STREAMS; ++n) {
        if (c.s[n].sink.fd >= 0)
            close(c.s[n].sink.fd);
        if (c.s[n].from >= 0)
            close(c.s[n].from);
        close(sinks[n]);
    }
    close(c.in);
    close(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
    const char *data = (const char *)input + 2;
    unsigned rounds = 0, i;
    int helper, breaks;
    size_t at;
    ssize_t w;

    if (n < 2 || n > LARGEST)
        return 0;
    n -= 2;
    helper = input[0] & HELPER;
    step = input[1] ? input[1] : LARGEST;
    begin(helper);
    breaks = expect(data, n, helper);
    for (at = 0; at < n && !broken;) {
        w = send(peer, data + at, n - at < step ? n - at : step, 0);
        if (w > 0)
            at += (size_t)w;
        MUST(go_round(1) == 1 && ++rounds < ROUNDS);
    }
    MUST(shutdown(peer, SHUT_WR) == 0);
    while (!broken && go_round(1) > 0)
        MUST(++rounds < ROUNDS);
    while (kept()) {
        go_round(0);
        MUST(++rounds < ROUNDS);
    }
    read_sinks(LARGEST);
    MUST(broken ? breaks != NO : breaks != YES);
    for (i = 0; i < FRAME_STREAMS; ++i) {
        MUST(came_have[i] == expected_have[i] || (broken && breaks == PERHAPS));
        MUST(came_have[i] <= expected_have[i]);
        MUST(!memcmp(came[i], expected[i], came_have[i]));
    }
    end();
    return 0;
}

/* wire: lib/wire by hand, for the tests.

       wire hear              print what comes from descriptor 0, a message on each line:
                              type, tag, size; `closed`, `garbage`; at last `end` or the
                              name of an errno
       wire storm SEED LINK   random messages both ways between two wires
       wire fair LINK         while one way is full, something small goes the other way
       wire deaf LINK         say things to a peer that does not read
       wire gone LINK         say things to a peer that has gone
       wire reset             hear a peer that resets the connection
       wire speed             processor time of 512 MB, and of as much without a wire

   LINK is socket, pipes (that block) or quick (pipes that do not). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"
#include "wire.h"

static struct wire w[2];
static unsigned char noise[2 * WIRE_MSIZE];

static void must(int ok, const char *what)
{
    if (!ok)
        say_die_errno("%s", what);
}

static void start(const char *link)
{
    int to[2], fro[2], small = 20000;
    if (!strcmp(link, "socket")) {
        must(!socketpair(AF_UNIX, SOCK_STREAM, 0, to), "socketpair");
        setsockopt(to[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        fro[0] = to[0];
        fro[1] = to[1];
    } else {
        int flags = strcmp(link, "quick") ? 0 : O_NONBLOCK, end;
        must(!pipe2(to, flags) && !pipe2(fro, flags), "pipe");
        end = to[0];
        to[0] = to[1];
        to[1] = end;
    }
    must(!wire_open(&w[0], fro[0], to[0]) && !wire_open(&w[1], to[1], fro[1]),
         "wire_open");
}

/* Message number n of a way has this many bytes of data, from this place in the noise. */
static struct ninep make(enum wire_way way, unsigned n, int large)
{
    struct ninep m = {.tag = (uint16_t)n};
    m.type = way == WIRE_T ? NINEP_TWRITE : NINEP_RREAD;
    m.count = large           ? WIRE_MSIZE - NINEP_IOHEADER
              : n * 7919u % 5 ? n * 31u % 200
                              : n * 7919u % 131072;
    m.data = noise + n % WIRE_MSIZE;
    return m;
}

/* Say a message, by one of the two ways to do it. Returns as wire_say. */
static int put(struct wire *x, enum wire_way way, unsigned n, int large)
{
    struct ninep m = make(way, n, large);
    size_t head = way == WIRE_T ? NINEP_TWRITE_DATA : NINEP_RREAD_DATA;
    unsigned char *room;
    if (n % 2)
        return wire_say(x, way, &m);
    room = wire_room(x, way, head + m.count + n % 3);
    if (!room) {
        errno = ENOBUFS;
        return -1;
    }
    memcpy(room + head, m.data, m.count);
    m.data = 0;
    must(ninep_pack(room, head, &m) == head, "ninep_pack");
    wire_put(x, way, head + m.count);
    return 0;
}

static int move(struct wire *x, int wait)
{
    struct pollfd p[2];
    wire_poll(x, p);
    must(poll(p, 2, wait) >= 0, "poll");
    return wire_move(x, p);
}

/* Is this message number n of its way? */
static void check(const struct ninep *m, unsigned n)
{
    struct ninep is = make(ninep_asks(m->type) ? WIRE_T : WIRE_R, n, 0);
    errno = EBADMSG;
    must(m->type == is.type && m->tag == is.tag && m->count == is.count &&
             !memcmp(m->data, is.data, is.count),
         "what came is not what was said");
}

static void storm(unsigned seed, const char *link)
{
    enum { MESSAGES = 3000 };
    unsigned said[2][WIRE_WAYS] = {{0}}, heard[2][WIRE_WAYS] = {{0}}, left = 4 * MESSAGES;
    struct ninep m;
    srandom(seed);
    start(link);
    while (left) {
        int a = (int)(random() >> 8 & 1), way = (int)(random() >> 8 & 1);
        int some = (int)(random() >> 8) % 20;
        while (some-- && said[a][way] < MESSAGES &&
               !put(&w[a], (enum wire_way)way, said[a][way], 0))
            said[a][way]++;
        must(move(&w[a], 0) == 1, "wire_move");
        for (some = (int)(random() >> 8) % 40;
             some && wire_next(&w[a], &m) == WIRE_MESSAGE; some--) {
            check(&m, heard[a][!ninep_asks(m.type)]++);
            left--;
        }
    }
    printf("%llu and %llu messages, %llu and %llu bytes too many\n", w[0].messages_got,
           w[1].messages_got, w[0].got - w[1].sent, w[1].got - w[0].sent);
}

/* As many large ones as go. Returns how many. */
static unsigned fill(enum wire_way way)
{
    unsigned n = 0;
    while (!put(&w[0], way, n, 1))
        n++;
    must(errno == ENOBUFS && move(&w[0], 0) == 1, "wire_move");
    return n;
}

static void fair(const char *link)
{
    enum { SMALL = 100 };
    for (int bulk = 0; bulk < WIRE_WAYS; bulk++) {
        enum wire_way other = bulk == WIRE_T ? WIRE_R : WIRE_T;
        struct ninep m = {.type = bulk == WIRE_T ? NINEP_RCLUNK : NINEP_TCLUNK};
        unsigned long long begun;
        unsigned full, small = 0, large = 0;
        start(link);
        full = fill((enum wire_way)bulk);
        begun = w[0].messages_sent + (w[0].q[bulk].left > 0);
        for (int i = 0; i < SMALL; i++)
            must(!wire_say(&w[0], other, &m), "wire_say");
        while (small < SMALL || large < full) {
            must(move(&w[0], 0) == 1 && move(&w[1], 0) == 1, "wire_move");
            while (wire_next(&w[1], &m) == WIRE_MESSAGE) {
                if (m.type == NINEP_TCLUNK || m.type == NINEP_RCLUNK)
                    small++;
                else
                    large++;
                if (small && small < SMALL && large > begun)
                    puts("something large between the small ones");
                if (small == 1 && m.count == 0 && large != begun)
                    printf("%u large ones before the small one, %llu begun\n", large,
                           begun);
            }
        }
        printf("%d large, %u small\n", full > 10, small);
        wire_close(&w[0]);
        wire_close(&w[1]);
    }
}

static void deaf(const char *link)
{
    unsigned n[WIRE_WAYS] = {0};
    start(link);
    for (int i = 0; i < 3; i++) {
        n[WIRE_T] += fill(WIRE_T);
        n[WIRE_R] += fill(WIRE_R);
    }
    printf("%s room, %s\n", wire_free(&w[0], WIRE_T) < WIRE_MSIZE ? "no" : "some",
           n[WIRE_T] + n[WIRE_R] < 40 ? "bounded" : "without bounds");
    must(wire_flush(&w[0], dial_now() + 100) < 0, "wire_flush");
    puts(strerrorname_np(errno));
    if (!fork()) {
        close(w[0].in);
        close(w[0].out);
        while (move(&w[1], -1) == 1)
            w[1].at = w[1].end;
        _exit(0);
    }
    must(!wire_flush(&w[0], dial_now() + 60000), "wire_flush");
    printf("%zu left\n", wire_queued(&w[0]));
}

static void gone(const char *link)
{
    struct ninep m = {.type = NINEP_TCLUNK, .tag = 1};
    enum wire_what what;
    start(link);
    must(!wire_say(&w[1], WIRE_T, &m) && !wire_end(&w[1]), "wire_say");
    must(!wire_flush(&w[1], -1), "wire_flush");
    close(w[1].in);
    close(w[1].out);
    fill(WIRE_T);
    printf("%s\n", strerrorname_np(w[0].error));
    for (int i = 0; i < 50; i++)
        must(!put(&w[0], WIRE_T, 1, 1), "wire_say");
    printf("%zu queued\n", wire_queued(&w[0]));
    while (move(&w[0], -1) == 1)
        ;
    while ((what = wire_next(&w[0], &m)) != WIRE_NOTHING)
        puts(what == WIRE_CLOSED ? "closed" : "message");
    printf("%d\n", move(&w[0], 0));
}

static void reset(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct linger now = {.l_onoff = 1};
    socklen_t n = sizeof to;
    int door = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), end;
    must(!bind(door, (struct sockaddr *)&to, n) && !listen(door, 1) &&
             !getsockname(door, (struct sockaddr *)&to, &n) &&
             !connect(fd, (struct sockaddr *)&to, n),
         "connect");
    end = accept(door, 0, 0);
    must(!wire_open(&w[0], fd, fd), "wire_open");
    setsockopt(end, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(end);
    must(move(&w[0], -1) < 0, "it was not heard");
    puts(strerrorname_np(errno));
}

static void hear(void)
{
    struct ninep m;
    int r = 1, e = 0;
    enum wire_what what;
    must(!wire_open(&w[0], 0, 1), "wire_open");
    w[0].most[WIRE_T] = 8192;
    w[0].most[WIRE_R] = 4096;
    while (r == 1) {
        r = move(&w[0], -1);
        e = errno;
        while ((what = wire_next(&w[0], &m)) == WIRE_MESSAGE || what == WIRE_CLOSED)
            if (what == WIRE_CLOSED)
                puts("closed");
            else
                printf("%u %u\n", m.type, m.tag);
        if (what == WIRE_GARBAGE) {
            puts("garbage");
            return;
        }
    }
    puts(r ? strerrorname_np(e) : "end");
}

static double spent(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void speed(void)
{
    enum { MESSAGES = 4096, SIZE = 131072 };
    double wired, plain, zero;
    struct ninep m;
    unsigned said = 0, heard = 0;
    start("quick");
    zero = spent();
    while (heard < MESSAGES) {
        while (said < MESSAGES && !put(&w[0], WIRE_R, 2 * said % 1000, 1))
            said++;
        must(move(&w[0], 0) == 1 && move(&w[1], 0) == 1, "wire_move");
        while (wire_next(&w[1], &m) == WIRE_MESSAGE)
            heard++;
    }
    wired = spent() - zero;
    for (size_t all = 0; all < (size_t)MESSAGES * SIZE;) {
        ssize_t n = write(w[0].out, noise + all % 1000, SIZE);
        if (n > 0)
            all += (size_t)n;
        while (n > 0 && read(w[1].in, noise, SIZE) == SIZE)
            ;
    }
    plain = spent() - zero - wired;
    fprintf(stderr, "%.2f s, %.2f s without\n", wired, plain);
    puts(wired < 4 * plain + 0.1 ? "near" : "far");
}

int main(int argc, char **argv)
{
    const char *what, *link = argc == 3 ? argv[2] : "";
    say_name("wire",
             "wire hear|storm SEED LINK|fair LINK|deaf LINK|gone LINK|reset|speed");
    if (argc < 2)
        say_usage();
    what = argv[1];
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)(i * i >> 7);
    alarm(120);
    if (argc == 4 && !strcmp(what, "storm"))
        storm((unsigned)atoi(argv[2]), argv[3]);
    else if (!strcmp(what, "fair"))
        fair(link);
    else if (!strcmp(what, "deaf"))
        deaf(link);
    else if (!strcmp(what, "gone"))
        gone(link);
    else if (!strcmp(what, "reset"))
        reset();
    else if (!strcmp(what, "hear"))
        hear();
    else if (!strcmp(what, "speed"))
        speed();
    else
        say_usage();
    return SAY_DONE;
}

/* stranger: a server of 9P that is not our own, made of one that is. `stranger [-m MSIZE]
   [-i IOUNIT] [-s SEED] [-r] [-z] SERVER [ARG...]` stands between descriptors 0 and 1 and
   SERVER. No muid comes from it. What is asked and what is answered goes through in
   random order, as far as the rules allow; messages have MSIZE bytes at most, Topen tells
   IOUNIT; -r: it does not rename to a name that is there, nor understand another muid;
   -z: all versions are 0. The seed is printed on descriptor 2. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "wire.h"

enum { HELD = 16 };

/* Messages of one way that have not gone on. */
struct hold {
    struct wire *to;
    enum wire_way way;
    unsigned char *message[HELD];
    int count;
};

static struct wire client, server;
static unsigned long msize = WIRE_MSIZE, iounit, seed;
static int refuse, zero;

static void go(struct hold *h, int i)
{
    size_t n = ninep_size(h->message[i]);
    unsigned char *room = wire_room(h->to, h->way, n);
    if (!room)
        say_die(111, "no room");
    memcpy(room, h->message[i], n);
    wire_put(h->to, h->way, n);
    free(h->message[i]);
    h->message[i] = h->message[--h->count];
}

static void go_all(struct hold *h)
{
    while (h->count)
        go(h, (int)(random() % h->count));
}

/* In order: what a flush means hangs on it. */
static void put(struct hold *h, const struct ninep *m)
{
    static unsigned char bytes[WIRE_MSIZE];
    size_t n = ninep_pack(bytes, sizeof bytes, m);
    int ordered = m->type == NINEP_TFLUSH || m->type == NINEP_RFLUSH;
    if (!n)
        say_die_errno("unable to pack");
    if (m->type == NINEP_RREAD || m->type == NINEP_TWRITE)
        memcpy(bytes + n - m->count, m->data, m->count);
    if (ordered || h->count == HELD)
        go_all(h);
    h->message[h->count] = malloc(n);
    if (!h->message[h->count])
        say_die_errno("unable to hold a message");
    memcpy(h->message[h->count++], bytes, n);
    if (ordered)
        go_all(h);
}

static void change(struct ninep *m)
{
    if (m->type == NINEP_TVERSION && m->msize > msize)
        m->msize = (uint32_t)msize;
    if ((m->type == NINEP_ROPEN || m->type == NINEP_RCREATE) && iounit)
        m->iounit = (uint32_t)iounit;
    if (m->type == NINEP_RSTAT)
        m->stat.muid = ninep_text("");
    if (!zero || ninep_asks(m->type))
        return;
    for (int i = 0; i < NINEP_WALK; i++)
        m->qid[i].version = 0;
    m->stat.qid.version = 0;
}

/* Refused? Then it is answered here. */
static int refused(struct hold *back, const struct ninep *m)
{
    struct ninep r = {.type = NINEP_RERROR, .tag = m->tag};
    if (!refuse || m->type != NINEP_TWSTAT || !m->stat.muid.length)
        return 0;
    r.text = ninep_text("wstat -- attempt to change muid");
    put(back, &r);
    return 1;
}

static int pass(struct wire *from, const struct pollfd *p, struct hold *on,
                struct hold *back)
{
    struct ninep m;
    enum wire_what what;
    int r = wire_move(from, p);
    while ((what = wire_next(from, &m)) == WIRE_MESSAGE) {
        if (refused(back, &m))
            continue;
        change(&m);
        put(on, &m);
    }
    if (what == WIRE_GARBAGE)
        say_die(111, "garbage");
    return r > 0 && what == WIRE_NOTHING;
}

static int start(char **argv)
{
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
        say_die_errno("unable to make a socketpair");
    switch (fork()) {
    case -1:
        say_die_errno("unable to fork");
    case 0:
        if (dup2(s[1], 0) < 0 || dup2(s[1], 1) < 0)
            _exit(111);
        execvp(*argv, argv);
        say_die_errno("unable to run %s", *argv);
    }
    close(s[1]);
    return s[0];
}

int main(int argc, char **argv)
{
    struct hold asked = {&server, WIRE_T, {0}, 0}, answered = {&client, WIRE_R, {0}, 0};
    int c, s, on = 1;
    say_name("stranger",
             "stranger [-rz] [-m MSIZE] [-i IOUNIT] [-s SEED] SERVER [ARG...]");
    seed = (unsigned long)time(0) ^ (unsigned long)getpid();
    while ((c = say_options(argc, argv, "m:i:s:rz")) != -1)
        if (c == 'm')
            msize = strtoul(optarg, 0, 10);
        else if (c == 'i')
            iounit = strtoul(optarg, 0, 10);
        else if (c == 's')
            seed = strtoul(optarg, 0, 10);
        else if (c == 'r')
            refuse = 1;
        else
            zero = 1;
    if (optind == argc)
        say_usage();
    fprintf(stderr, "seed %lu\n", seed);
    srandom((unsigned)seed);
    signal(SIGPIPE, SIG_IGN);
    s = start(argv + optind);
    if (wire_open(&client, 0, 1) || wire_open(&server, s, s))
        say_die_errno("unable to begin");
    while (on) {
        struct pollfd p[4];
        int wait = asked.count || answered.count ? 1 : -1;
        wire_poll(&client, p);
        wire_poll(&server, p + 2);
        if (poll(p, 4, wait) < 0 && errno != EINTR)
            say_die_errno("unable to wait");
        on = pass(&client, p, &asked, &answered) &&
             pass(&server, p + 2, &answered, &asked);
        if (asked.count && random() % 2)
            go(&asked, (int)(random() % asked.count));
        if (answered.count && random() % 2)
            go(&answered, (int)(random() % answered.count));
        wire_write(&client);
        wire_write(&server);
    }
    return 0;
}

/* stranger: a server of 9P that is not our own, made of one that is. `stranger [-m MSIZE]
   [-i IOUNIT] [-s SEED] [-w FATES] [-l FROM=TO] [-r] [-z] SERVER [ARG...]` stands between
   descriptors 0 and 1 and SERVER. No muid comes from it. What is asked and what is
   answered goes through in random order, as far as the rules allow; messages have MSIZE
   bytes at most, Topen tells IOUNIT; -r: it does not rename to a name that is there, nor
   understand another muid; -z: all versions are 0. FATES: what becomes of the renames and
   removals, a letter for each: `.` it goes through, as all do behind the last letter; `p`
   permission denied; `i` i/o error; `e` file already exists; `t` it goes through, and the
   client gets a SIGTERM; `x` the end of the connection. Then the order is kept.
   -l: muids do come, and wherever he says FROM he says TO, which is as long; ! is a NUL.
   The seed is printed on descriptor 2. */
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
#include "serve.h"
#include "wire.h"

enum { HELD = 16, OWN = 0xfffe /* the tag of what nobody has asked */ };

/* Messages of one way that have not gone on. */
struct hold {
    struct wire *to;
    enum wire_way way;
    unsigned char *message[HELD];
    int count;
};

static struct wire client, server;
static unsigned long msize = WIRE_MSIZE, iounit, seed;
static int refuse, zero, is_fated;
static const char *fates = "";

static struct lie {
    const char *from;
    char *to;
} lies[8];
static int lie_count;

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

static void lie(unsigned char *bytes, size_t n)
{
    for (int i = 0; i < lie_count; i++) {
        size_t length = strlen(lies[i].from);
        unsigned char *at = bytes;
        while ((at = memmem(at, n - (size_t)(at - bytes), lies[i].from, length))) {
            memcpy(at, lies[i].to, length);
            at += length;
        }
    }
}

static void learn(char *text)
{
    char *to = strchr(text, '=');
    if (!to || lie_count == 8 || strlen(to + 1) != (size_t)(to - text))
        say_usage();
    *to++ = 0;
    lies[lie_count++] = (struct lie){text, to};
    for (; (to = strchr(to, '!')); to++)
        *to = 0;
}

/* In order: what a flush means hangs on it. */
static void put(struct hold *h, const struct ninep *m)
{
    static unsigned char bytes[WIRE_MSIZE];
    size_t n = ninep_pack(bytes, sizeof bytes, m);
    int ordered = is_fated || m->type == NINEP_TFLUSH || m->type == NINEP_RFLUSH;
    if (!n)
        say_die_errno("unable to pack");
    if (m->type == NINEP_RREAD || m->type == NINEP_TWRITE)
        memcpy(bytes + n - m->count, m->data, m->count);
    if (!ninep_asks(m->type))
        lie(bytes, n);
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
    if (m->type == NINEP_RSTAT && !lie_count)
        m->stat.muid = ninep_text("");
    if (!zero || ninep_asks(m->type))
        return;
    for (int i = 0; i < NINEP_WALK; i++)
        m->qid[i].version = 0;
    m->stat.qid.version = 0;
}

/* Why it is refused, or 0. */
static const char *fate(const struct ninep *m)
{
    int renames = m->type == NINEP_TWSTAT && m->stat.name.length;
    if (refuse && m->type == NINEP_TWSTAT && m->stat.muid.length)
        return "wstat -- attempt to change muid";
    if (!*fates || (!renames && m->type != NINEP_TREMOVE))
        return 0;
    switch (*fates++) {
    case 'p':
        return "permission denied";
    case 'i':
        return "i/o error";
    case 'e':
        return "file already exists";
    case 't':
        kill(getppid(), SIGTERM);
        return 0;
    case 'x':
        exit(0);
    }
    return 0;
}

/* Refused? Then it is answered here; of a Tremove the server hears as of a Tclunk. */
static int refused(struct hold *on, struct hold *back, const struct ninep *m)
{
    struct ninep r = {.type = NINEP_RERROR, .tag = m->tag};
    struct ninep clunk = {.type = NINEP_TCLUNK, .tag = OWN, .fid = m->fid};
    const char *why = fate(m);
    if (!why)
        return 0;
    r.text = ninep_text(why);
    put(back, &r);
    if (m->type == NINEP_TREMOVE)
        put(on, &clunk);
    return 1;
}

static int pass(struct wire *from, const struct pollfd *p, struct hold *on,
                struct hold *back)
{
    struct ninep m;
    enum wire_what what;
    int r = wire_move(from, p);
    while ((what = wire_next(from, &m)) == WIRE_MESSAGE) {
        if (m.tag == OWN || refused(on, back, &m))
            continue;
        change(&m);
        put(on, &m);
    }
    if (what == WIRE_GARBAGE)
        say_die(111, "garbage");
    return r > 0 && what == WIRE_NOTHING;
}

int main(int argc, char **argv)
{
    struct hold asked = {&server, WIRE_T, {0}, 0}, answered = {&client, WIRE_R, {0}, 0};
    int c, s, on = 1;
    say_name("stranger",
             "stranger [-rz] [-m MSIZE] [-i IOUNIT] [-s SEED] [-w FATES] [-l FROM=TO] "
             "SERVER [ARG...]");
    seed = (unsigned long)time(0) ^ (unsigned long)getpid();
    while ((c = say_options(argc, argv, "m:i:s:w:l:rz")) != -1)
        if (c == 'm')
            msize = strtoul(optarg, 0, 10);
        else if (c == 'i')
            iounit = strtoul(optarg, 0, 10);
        else if (c == 's')
            seed = strtoul(optarg, 0, 10);
        else if (c == 'w')
            fates = optarg;
        else if (c == 'l')
            learn(optarg);
        else if (c == 'r')
            refuse = 1;
        else
            zero = 1;
    if (optind == argc)
        say_usage();
    is_fated = *fates != 0;
    fprintf(stderr, "seed %lu\n", seed);
    srandom((unsigned)seed);
    signal(SIGPIPE, SIG_IGN);
    s = serve_beside(argv + optind);
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

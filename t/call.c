/* call [SEED]: lib/call and a peer that answers in random order, or never what is
   flushed. Each call hears once; no tag is used for two questions; after a Tflush of it
   nobody hears of anything but the answer, or EINTR. */
#include "call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ename.h"
#include "say.h"

enum { STEPS = 20000, MANY = 100000 };

static struct wire here, there;
static struct calls calls;

/* What the peer has been asked and has not answered, by tag; 0: nothing. */
static struct {
    uint8_t type;
    uint16_t old;
} asked[CALL_TAGS];

/* Our own calls, by number. */
static struct {
    int tag, heard;
} mine[MANY];
static unsigned count;

static void heard(void *arg, unsigned which, const struct ninep *r, int e)
{
    if (arg != mine || which >= count || mine[which].heard++)
        say_die(1, "call %u hears again", which);
    if (r ? r->type != NINEP_RSTAT && r->type != NINEP_RCLUNK : e != EINTR && e != ENOENT)
        say_die(1, "call %u hears the wrong thing", which);
    mine[which].tag = -1;
}

static void carry(struct wire *w)
{
    struct pollfd p[2];
    wire_write(w == &here ? &there : &here);
    wire_poll(w, p);
    p[0].revents = POLLIN;
    if (wire_move(w, p) < 0)
        say_die_errno("the wire is broken");
}

static void peer_hears(void)
{
    struct ninep t;
    carry(&there);
    while (wire_next(&there, &t) == WIRE_MESSAGE) {
        if (t.tag >= CALL_TAGS || asked[t.tag].type)
            say_die(1, "tag %u is in use", t.tag);
        asked[t.tag].type = t.type;
        asked[t.tag].old = t.oldtag;
        /* Of two questions with one tag he would not know which is meant. */
        for (unsigned i = 0; i < CALL_TAGS; i++)
            if (asked[i].type == NINEP_TFLUSH && asked[i].old == t.tag && i != t.tag)
                say_die(1, "tag %u is used while it is flushed", t.tag);
    }
}

static void peer_says(void)
{
    struct ninep r = {.type = NINEP_RERROR};
    unsigned tag = (unsigned)(random() % CALL_TAGS);
    for (unsigned i = 0; i < CALL_TAGS && !asked[tag].type; i++)
        tag = (tag + 1) % CALL_TAGS;
    if (!asked[tag].type)
        return;
    r.tag = (uint16_t)tag;
    if (asked[tag].type == NINEP_TFLUSH || random() % 4)
        r.type = (uint8_t)(asked[tag].type + 1);
    r.text = ninep_text(ename_of(ENOENT));
    if (asked[tag].type == NINEP_TFLUSH && asked[tag].old < CALL_TAGS)
        asked[asked[tag].old].type = 0; /* it is not answered any more */
    asked[tag].type = 0;
    if (wire_say(&there, WIRE_R, &r))
        say_die_errno("unable to answer");
}

static void we_hear(void)
{
    struct ninep r;
    carry(&here);
    while (wire_next(&here, &r) == WIRE_MESSAGE)
        if (call_take(&calls, &r))
            say_die_errno("what nobody asked: %u, tag %u", r.type, r.tag);
}

static void we_say(void)
{
    struct ninep t = {.type = random() % 3 ? NINEP_TSTAT : NINEP_TCLUNK};
    int tag = call_say(&calls, &t, heard, mine, count);
    if (tag < 0 && errno != EAGAIN)
        say_die_errno("call_say");
    if (tag >= 0)
        mine[count++].tag = tag;
}

static void we_flush(void)
{
    unsigned i = count ? (unsigned)random() % count : 0;
    if (count > 1000)
        i = count - 1 - (unsigned)random() % 1000;
    if (count && mine[i].tag >= 0 && call_flush(&calls, (unsigned)mine[i].tag) &&
        errno != EAGAIN)
        say_die_errno("call_flush");
}

/* What must not be taken. */
static void refuses(uint8_t type, uint16_t tag)
{
    struct ninep r = {.type = type, .tag = tag};
    if (!call_take(&calls, &r) || errno != EPROTO)
        say_die(1, "type %u with tag %u is taken", type, tag);
}

int main(int argc, char **argv)
{
    unsigned long seed = (unsigned long)time(0) ^ (unsigned long)getpid();
    struct ninep t = {.type = NINEP_TSTAT};
    int s[2], most = 1;
    say_name("call", "call [SEED]");
    if (argc > 1 && say_number(argv[1], 0, 4294967295ul, &seed))
        say_usage();
    printf("seed %lu\n", seed);
    fflush(stdout);
    srandom((unsigned)seed);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) || wire_open(&here, s[0], s[0]) ||
        wire_open(&there, s[1], s[1]))
        say_die_errno("unable to begin");
    calls_open(&calls, &here);
    for (int i = 0; i < STEPS; i++) {
        if (i % 500 == 0)
            most = (int)(random() % 12);
        for (int n = (int)(random() % 12); n-- > 0;)
            we_say();
        for (int n = (int)(random() % 3); n-- > 0;)
            we_flush();
        peer_hears();
        for (int n = most; n-- > 0;)
            peer_says();
        we_hear();
    }
    for (int i = 0; call_pending(&calls) && i < STEPS; i++) {
        peer_hears();
        for (int n = 100; n-- > 0;)
            peer_says();
        we_hear();
    }
    for (unsigned i = 0; i < count; i++)
        if (mine[i].heard != 1)
            say_die(1, "call %u has heard %d times", i, mine[i].heard);
    if (call_waits(&calls) >= 0)
        say_die(1, "something is waited for");
    mine[count].tag = call_say(&calls, &t, heard, mine, count);
    refuses(NINEP_RSTAT, (uint16_t)(mine[count].tag + 1));
    refuses(NINEP_RWSTAT, (uint16_t)mine[count].tag);
    refuses(NINEP_RSTAT, CALL_TAGS);
    refuses(NINEP_RVERSION, NINEP_NOTAG);
    if (call_waits(&calls) >= 0 || call_flush(&calls, (unsigned)mine[count].tag) ||
        call_waits(&calls) < 0)
        say_die(1, "a Tflush is waited for, and nothing else");
    count++;
    calls_end(&calls, EINTR);
    if (!mine[count - 1].heard)
        say_die(1, "the last one does not hear of the end");
    wire_close(&here);
    wire_close(&there);
    return 0;
}

#include "stay.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "map.h"
#include "member.h"
#include "message.h"
#include "peer.h"
#include "program.h"
#include "ring.h"
#include "say.h"
#include "uart.h"

struct stay stay = {.us.holder.fd = -1,
                    .visit.roll.fd = -1,
                    .node.fd = -1,
                    .store = {.directory = -1, .file = -1},
                    .load = {.store = &stay.store, .visit = &stay.visit},
                    .uart = -1};

enum { STILL = 2000 /* milliseconds */ };

static int news;            /* something was said to all sessions */
static int patience = 5000; /* milliseconds to read our last words */

/* The first session finds no bit file of anybody else, nor does who comes after the last
   one. */
static int start_afresh(void *nothing)
{
    (void)nothing;
    if (program_wipe(&stay.device)) {
        say_warn_errno("unable to wipe the bit files of %s", stay.device.address);
        return -1;
    }
    if (program_reset(&stay.device))
        say_warn_errno("unable to reset %s", stay.device.address);
    return 0;
}

static void clear_up(void *nothing)
{
    start_afresh(nothing);
}

/* Who sees the end of the connection finds free what we had. */
void stay_leave(int code, const char *why)
{
    load_drop(&stay.load);
    if (stay.uart >= 0)
        uart_close(stay.uart);
    if (why && stay.raw)
        client_say("%s", "");
    if (why)
        client_error(MESSAGE_DISCONNECT, why);
    visit_linger(&stay.visit);
    client_flush(patience);
    program_reap();
    program_drop();
    visit_leave(&stay.visit, clear_up, 0);
    client_close();
    _exit(code);
}

static int has_note(const struct roll *r, char *text)
{
    return r->record && roll_read_note(r, text) == 0 && *text;
}

void stay_leave_ended(void)
{
    static char text[ROLL_TEXT];

    patience = 0;
    if (!has_note(&stay.visit.roll, text) && !has_note(&stay.node, text))
        strcpy(text, "the service ends");
    stay_leave(SAY_DONE, text);
}

void stay_leave_taken(void)
{
    patience = 0;
    stay_leave(SAY_DONE, "the board is no longer yours");
}

static void __attribute__((noreturn))
refuse(int code, enum message_code error, const char *text)
{
    client_error(error, text);
    stay_leave(code, 0);
}

static void tell_news(void)
{
    char line[RING_TEXT];

    while (news && !stay.raw && client_room() >= MESSAGE_LINE)
        if (visit_told(&stay.visit, line) > 0)
            client_say("%s", line);
        else
            news = 0;
}

/* At most for so many milliseconds. */
static void wait_for(int most)
{
    struct pollfd p = {.fd = stay.us.bound ? stay.us.holder.fd : -1, .events = POLLIN};
    int look = stay.us.bound ? HOLDER_LOOK : most;
    int happened = client_wait(&p, 1, most >= 0 && most < look ? most : look);

    if (happened & CLIENT_END)
        stay_leave_ended();
    if (happened & CLIENT_GONE)
        stay_leave(SAY_DONE, 0);
    if (happened & CLIENT_CHILD)
        program_reap();
    if (stay.us.bound && holder_lost(&stay.us.holder, p.revents))
        stay_leave_taken();
    news |= happened & CLIENT_TOLD;
    tell_news();
}

void stay_wait(void)
{
    wait_for(-1);
}

/* The line, said again and again, shows that we are there; and whether he is: one who has
   hung up looks like one who only sends no more, until something is sent to him. */
void stay_finish(void)
{
    long long next = dial_now();
    unsigned n;

    visit_linger(&stay.visit);
    while ((n = program_pending()) > 0) {
        if (!dial_left(next)) {
            client_say("rem %u to be programmed", n);
            next = dial_now() + STILL;
        }
        wait_for(dial_left(next));
    }
    stay_leave(SAY_DONE, 0);
}

/* He may have lost the board since we looked. */
static int may_come(void *no)
{
    *(int *)no = !admit_still(&stay.us);
    return *(int *)no ? -1 : 0;
}

static void come(void)
{
    int lost = 0;
    const struct visit_ask ask = {may_come, start_afresh, &lost};

    if (store_open(&stay.store, &stay.device)) {
        say_warn_errno("unable to use the directory bits/%s", stay.device.address);
        refuse(SAY_SYSTEM, MESSAGE_CONFIG, "the helper cannot use its directories");
    }
    if (visit_enter(&stay.visit, stay.device.address, stay.us.uid, stay.name, &ask) == 0)
        return;
    if (lost)
        refuse(SAY_NO, MESSAGE_PERMISSION, "you do not hold this board any more");
    if (errno == ECANCELED)
        refuse(SAY_SYSTEM, MESSAGE_CONFIG, "the last user's bit files cannot be wiped");
    if (errno == EAGAIN)
        refuse(SAY_NO, MESSAGE_BUSY, "this board has too many sessions");
    say_warn_errno("unable to join the roll visit/%s", stay.device.address);
    if (errno == EBUSY || errno == EPERM)
        refuse(SAY_NO, MESSAGE_BUSY, "somebody else's session does not end");
    refuse(SAY_SYSTEM, MESSAGE_CONFIG, "the helper cannot use its rolls");
}

/* Where this host is a node, we are one who uses it. While that is not up nobody comes:
   the relay looks for another board, as if this one could not be reached. */
static void use_node(struct conf *c)
{
    struct member_guest us = {MEMBER_BOARD, "", stay.us.uid, 0, stay.device.address};
    char text[MEMBER_REFUSAL];
    struct member m;
    int k = map_count(c) ? member_self(&m) : 0;

    if (k == 0)
        return;
    strcpy(us.user, stay.name);
    if (k > 0 && member_join(&stay.node, m.node, &us, &m) == 0)
        return;
    if (k > 0 && errno == EAGAIN)
        refuse(SAY_NO, MESSAGE_UNAVAILABLE,
               member_refusal(text, m.node, m.state, m.reason));
    say_warn_errno("unable to join the roll of this node");
    refuse(SAY_SYSTEM, MESSAGE_CONFIG, "the helper cannot use its rolls");
}

/* eversion comes before all that may take long, and with it why the board is not to be
   had. */
void stay_begin(const char *address, struct conf *c)
{
    struct peer peer;
    int k = 0;

    if (c->fd < 0)
        say_warn("unable to open %s/config.cdb: run vlab-compile-config", roll_state());
    if (peer_identify(&peer, 0, c))
        stay_leave(SAY_DONE, 0);
    peer_alive(0, conf_setting(c, CONF_ALIVE));
    client_say("eversion vlab " VLAB_VERSION);
    if (c->fd >= 0 && (k = device_read(&stay.device, c, address)) <= 0)
        say_warn("the config has no section [board %s]%s: see vlab.conf(5)", address,
                 k ? " that can be read" : "");
    if (k <= 0)
        refuse(SAY_SYSTEM, MESSAGE_CONFIG, "this board is not in the config");
    if (admit(&stay.us, &peer, &stay.device))
        refuse(stay.us.code == MESSAGE_CONFIG ? SAY_SYSTEM : SAY_NO, stay.us.code,
               stay.us.text);
    if (stay.us.uid == (uid_t)-1)
        strcpy(stay.name, "-");
    else
        conf_user(c, stay.us.uid, stay.name);
    use_node(c);
    conf_close(c);
    if (client_flush(patience))
        stay_leave(SAY_DONE, 0);
    come();
}

void stay_send(void)
{
    while (client_room() < CLIENT_OUT)
        stay_wait();
}

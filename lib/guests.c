#include "guests.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "chain.h"
#include "dial.h"
#include "say.h"
#include "text.h"
#include "visit.h"

enum {
    WATCHED = 256, /* by their pidfds; others are looked at once a second, */
    LOOK = 1000,   /* milliseconds */
    SOON = 20,
    KILLED = 5000, /* as vlab-kick(8) has it */
    SHOWN = 128
};

/* The next one of these kinds. Whose line is damaged is of every kind. */
static int next(const struct roll *r, unsigned kinds, struct roll_entry *e,
                struct member_guest *g)
{
    int k;

    while ((k = roll_next(r, e)) > 0) {
        if (member_guest(e, g)) {
            *g = (struct member_guest){.kind = MEMBER_RUN, .user = "?", .text = ""};
            return 1;
        }
        if (kinds & 1u << g->kind)
            return 1;
    }
    return k;
}

static int open_roll(struct roll *r, unsigned node)
{
    return member_open(r, node, ROLL_WRITE);
}

static long done(struct roll *r, long n, int k)
{
    int saved = errno;

    roll_close(r);
    errno = saved;
    return k < 0 ? -1 : n;
}

long guests_count(unsigned node, unsigned kinds, FILE *out)
{
    struct roll_entry e = {0};
    struct member_guest g;
    char since[TEXT_TIME], text[ROLL_TEXT];
    struct roll r;
    long n = 0;
    int k;

    if (open_roll(&r, node))
        return -1;
    for (; (k = next(&r, kinds, &e, &g)) > 0; ++n) {
        if (!out)
            continue;
        text_copy(text, sizeof text, g.text);
        fprintf(out, "%-7s  %s  node %u  since %s  pid %ld  %s\n",
                member_kind_word(g.kind), g.user, g.node, text_time(since, e.since),
                (long)e.pid, text);
    }
    return done(&r, n, k);
}

/* `3 here: alice board, bob run, ...; 57 s to go` */
static void show(struct roll *r, unsigned kinds, long n, long long deadline)
{
    char line[SHOWN + 2 * CONF_NAME];
    struct roll_entry e = {0};
    struct member_guest g;
    int at = snprintf(line, sizeof line, "%ld here:", n), shown = 0;

    while (at < SHOWN / 2 && next(r, kinds, &e, &g) > 0)
        at += snprintf(line + at, sizeof line - (size_t)at, "%s %s %s",
                       shown++ ? "," : "", g.user, member_kind_word(g.kind));
    if (shown < n)
        at += snprintf(line + at, sizeof line - (size_t)at, ", ...");
    if (deadline >= 0)
        snprintf(line + at, sizeof line - (size_t)at, "; %d s to go",
                 (dial_left(deadline) + 999) / 1000);
    chain_show(line);
}

/* Look who is there, and wait until one of them goes. Returns how many there were, or -1.
 */
static long look(struct roll *r, unsigned kinds, long long deadline)
{
    struct pollfd p[WATCHED];
    struct roll_entry e = {0};
    struct member_guest g;
    nfds_t watched = 0;
    long n = 0;
    int k, polled = 0, saved, most = LOOK;

    for (; (k = next(r, kinds, &e, &g)) > 0; ++n)
        if (watched < WATCHED) {
            p[watched] = (struct pollfd){.fd = roll_pin(r, &e), .events = POLLIN};
            if (p[watched].fd >= 0)
                ++watched;
            else if (errno == ESRCH) /* he is just leaving */
                most = SOON;
        }
    if (n)
        show(r, kinds, n, deadline);
    if (k == 0 && n)
        polled = chain_poll(p, watched, dial_sooner(deadline, dial_now() + most));
    saved = errno;
    while (watched)
        close(p[--watched].fd);
    errno = saved;
    return k < 0 || polled < 0 ? -1 : n;
}

/* What cannot be asked is told so when it is to end. */
static void end_unused(struct roll *r)
{
    struct roll_entry e = {0};
    struct member_guest g;
    int fd;

    while (next(r, 1u << MEMBER_DUCT, &e, &g) > 0)
        if (g.kind == MEMBER_DUCT && (fd = roll_signal(r, &e, SIGUSR2)) >= 0)
            close(fd);
}

static int wait_for(struct roll *r, unsigned kinds, long long deadline, int unused)
{
    long n;

    do {
        if (unused)
            end_unused(r);
        n = look(r, kinds, deadline);
    } while (n > 0 && dial_left(deadline));
    chain_show("");
    return n < 0 ? -1 : n == 0;
}

static int open_and_wait(unsigned node, unsigned kinds, long long deadline, int unused)
{
    struct roll r;
    int k;

    if (open_roll(&r, node))
        return -1;
    k = wait_for(&r, kinds, deadline, unused);
    return (int)done(&r, k, k);
}

int guests_wait(unsigned node, unsigned kinds, long long deadline)
{
    return open_and_wait(node, kinds, deadline, 0);
}

int guests_wait_unused(unsigned node, unsigned kinds, long long deadline)
{
    return open_and_wait(node, kinds, deadline, 1);
}

static void send(struct roll *r, unsigned kinds, int sig, const char *note)
{
    struct roll_entry e = {0};
    struct member_guest g;
    int fd;

    while (next(r, kinds, &e, &g) > 0) {
        if (note)
            roll_note(r, e.record, note);
        fd = roll_signal(r, &e, sig);
        if (fd >= 0)
            close(fd);
        else if (errno == EXDEV)
            say_warn("%s uses the node from %s (pid %ld): end that there", g.user, e.host,
                     (long)e.pid);
        else if (errno != ESRCH)
            say_warn_errno("unable to signal pid %ld of %s", (long)e.pid, g.user);
    }
}

static int end(struct roll *r, unsigned kinds, const char *note)
{
    static const int sigs[] = {SIGTERM, SIGKILL};
    struct roll_entry e = {0};
    struct member_guest g;
    int k = 0;

    for (int i = 0; i < 2 && k == 0; ++i) {
        send(r, kinds, sigs[i], i ? 0 : note);
        k = wait_for(r, kinds, dial_now() + KILLED, 0);
    }
    if (k)
        return k < 0 ? -1 : 0;
    while (next(r, kinds, &e, &g) > 0)
        say_warn("pid %ld of %s (%s) does not go", (long)e.pid, g.user,
                 member_kind_word(g.kind));
    errno = EBUSY;
    return -1;
}

int guests_end(unsigned node, unsigned kinds, const char *note)
{
    struct roll r;
    int k;

    if (open_roll(&r, node))
        return -1;
    k = end(&r, kinds, note);
    return (int)done(&r, k, k);
}

void guests_tell(unsigned node, const char *line)
{
    struct roll_entry e = {0};
    struct board_state s;
    struct member_guest g;
    struct roll r;

    if (open_roll(&r, node))
        return;
    while (next(&r, 1u << MEMBER_BOARD, &e, &g) > 0)
        if (g.kind == MEMBER_BOARD && (board_look(g.text, &s) || !s.sessions) &&
            visit_tell(g.text, line))
            say_warn_errno("unable to tell the sessions of %s", g.text);
    send(&r, 1u << MEMBER_RUN, SIGUSR1, line + strlen("wall "));
    roll_close(&r);
}

#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "console.h"
#include "dial.h"
#include "frame.h"
#include "message.h"
#include "say.h"
#include "sink.h"
#include "tty.h"
#include "who.h"

enum { ROOM = 65536, TYPED = 4096, LEFT = -2, GOES_ON = -3 };

/* Milliseconds; a door asks our own whose the connection is, before it answers. */
enum { ANSWER = 10000 };

static struct sink up;
static char ring[ROOM], in[FRAME_MAX];
static size_t have;
static unsigned long number;
static int terminal, types;
static volatile sig_atomic_t resized;

static void on_size(int sig)
{
    resized = sig;
}

static void on_end(int sig)
{
    tty_restore();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* As the terminal is raw, a line needs its beginning. */
static void tell(const char *text)
{
    if (terminal && isatty(2))
        dprintf(2, "\r[console %lu: %s]\r\n", number, text);
}

int attach_ask(struct attach *a, int by_door, char *why)
{
    unsigned long owner;
    char line[CONSOLE_LINE], name[CONSOLE_WHO], *word[3];
    long long deadline = dial_now() + ANSWER;
    struct winsize w = {0};
    int n;
    if (ioctl(0, TIOCGWINSZ, &w))
        memset(&w, 0, sizeof w);
    console_name(getuid(), name);
    n = snprintf(line, sizeof line, "attach %lu %u %u %s\n", (unsigned long)getuid(),
                 w.ws_row, w.ws_col, name);
    if (message_write(a->fd, line, (size_t)n) || console_hear(a->fd, line, deadline))
        return -1;
    message_split(line, word, 3);
    if (by_door && message_is(word[0], "owner") &&
        !say_number(word[1], 0, (uid_t)-2, &owner)) {
        a->owner = (uid_t)owner;
        if (console_hear(a->fd, line, deadline))
            return -1;
        message_split(line, word, 3);
    } else if (by_door && !message_is(word[0], "error"))
        *word[0] = 0;
    snprintf(why, CONSOLE_LINE, "%s", word[2]);
    if (message_is(word[0], "ok"))
        return 1;
    if (message_is(word[0], "error"))
        return 0;
    errno = EPROTO;
    return -1;
}

static void put(enum frame_type type, const char *data, size_t n)
{
    char frame[FRAME_HEAD + TYPED];
    if (up.fd < 0 || up.size - up.have < FRAME_HEAD + n)
        return;
    frame_head(frame, type, 0, n);
    memcpy(frame + FRAME_HEAD, data, n);
    sink_put(&up, frame, FRAME_HEAD + n);
}

static void put_size(void)
{
    struct winsize w;
    char line[32];
    resized = 0;
    if (!ioctl(0, TIOCGWINSZ, &w))
        put(FRAME_LINE, line,
            (size_t)snprintf(line, sizeof line, "size %u %u", w.ws_row, w.ws_col));
}

/* What is typed while the console takes nothing is lost, but Ctrl-] is not. Returns
   whether there is more to come. */
static int move_up(void)
{
    char typed[TYPED], *escape = 0;
    ssize_t n = read(0, typed, sizeof typed);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (n > 0 && terminal)
        escape = memchr(typed, ATTACH_ESCAPE, (size_t)n);
    if (escape)
        n = escape - typed;
    if (types && (n > 0 || (!escape && !terminal)))
        put(FRAME_DATA, typed, n > 0 ? (size_t)n : 0);
    return n > 0 && !escape;
}

static int write_all(const char *data, size_t n)
{
    while (n) {
        struct pollfd p = {.fd = 1, .events = POLLOUT};
        ssize_t w = write(1, data, n);
        if (w < 0 && errno == EAGAIN)
            poll(&p, 1, -1);
        else if (w < 0 && errno != EINTR)
            return -1;
        if (w > 0) {
            data += w;
            n -= (size_t)w;
        }
    }
    return 0;
}

/* Returns GOES_ON, or what attach_run does. */
static int obey(const struct frame *f)
{
    char line[FRAME_LINE_MAX + 1], text[CONSOLE_LINE], *word[2];
    unsigned long n;
    if (f->type == FRAME_DATA)
        return write_all(f->data, f->length) ? LEFT : GOES_ON;
    if (f->type != FRAME_LINE)
        return -1;
    memcpy(line, f->data, f->length);
    line[f->length] = 0;
    message_split(line, word, 2);
    if (message_is(word[0], "exit") && !say_number(word[1], 0, 255, &n))
        return (int)n;
    if (message_is(word[0], "hangup"))
        return -1;
    if (message_is(word[0], "rem"))
        tell(word[1]);
    if (message_is(word[0], "skipped")) {
        snprintf(text, sizeof text, "%.32s bytes were left out", word[1]);
        tell(text);
    }
    return GOES_ON;
}

static int move_down(int fd)
{
    struct frame f;
    int code = GOES_ON;
    ssize_t n = read(fd, in + have, sizeof in - have);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return GOES_ON;
    if (n <= 0)
        return -1;
    have += (size_t)n;
    while (code == GOES_ON && (n = frame_parse(&f, in, have)) != 0) {
        code = n < 0 ? -1 : obey(&f);
        if (n > 0)
            memmove(in, in + n, have -= (size_t)n);
    }
    return code;
}

static int move(int fd, const sigset_t *mask)
{
    int more = 1, code = GOES_ON;
    while (code == GOES_ON) {
        int room = up.size - up.have >= FRAME_HEAD + TYPED;
        struct pollfd p[] = {
            {.fd = more && (room || terminal) ? 0 : -1, .events = POLLIN},
            {.fd = fd, .events = POLLIN},
            {.fd = 1}};
        if (up.have)
            p[1].events |= POLLOUT;
        if (resized)
            put_size();
        if (dial_poll(p, 3, -1, mask) < 0)
            continue;
        if (p[1].revents & POLLOUT)
            sink_drain(&up);
        if (p[0].revents) {
            more = move_up();
            if (!more && terminal)
                return LEFT;
        }
        if (p[2].revents & (POLLERR | POLLHUP))
            return LEFT;
        if (p[1].revents & (POLLIN | POLLHUP | POLLERR))
            code = move_down(fd);
    }
    return code;
}

/* Whose it is, if not ours. */
static void greet(const struct attach *a)
{
    char name[WHO_NAME], text[WHO_NAME + 32];
    who_user(a->owner, name);
    snprintf(text, sizeof text, "%s's, Ctrl-] detaches", name);
    tell(a->owner == getuid() ? "Ctrl-] detaches" : text);
}

int attach_run(const struct attach *a)
{
    static const char take[] = "write";
    struct sigaction size = {.sa_handler = on_size}, ends = {.sa_handler = on_end};
    static const int sigs[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    sigset_t block, mask;
    int code;
    number = a->number;
    types = !getuid() || a->owner == getuid();
    sigemptyset(&block);
    sigaddset(&block, SIGWINCH);
    sigprocmask(SIG_BLOCK, &block, &mask);
    sigdelset(&mask, SIGWINCH);
    sigaction(SIGWINCH, &size, 0);
    signal(SIGPIPE, SIG_IGN);
    /* When it takes no more there may still be something to read. */
    sink_open(&up, fcntl(a->fd, F_DUPFD_CLOEXEC, 3), ring, ROOM);
    terminal = tty_raw(0) == 0;
    for (size_t i = 0; terminal && i < sizeof sigs / sizeof *sigs; i++)
        sigaction(sigs[i], &ends, 0);
    greet(a);
    put_size();
    if (a->writes)
        put(FRAME_LINE, take, strlen(take));
    code = move(a->fd, &mask);
    tell(code == LEFT ? "detached" : code < 0 ? "hung up" : "ended");
    tty_restore();
    return code == LEFT ? SAY_DONE : code;
}

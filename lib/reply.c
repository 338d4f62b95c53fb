/* SIGTERM (somebody ends this session, or the service) and SIGIO (while in line: did the
   peer hang up?) are never blocked. The others are, except where the helper waits, and
   their handlers do the work themselves or have it look again: so nothing can fall
   between a test and the call that waits. SIGUSR1: somebody spoke to all. SIGUSR2: our
   place in the line has moved, or another connection of our user got a board. SIGALRM:
   the time to wait is over. */
#include "reply.h"

#include <buffer.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "peer.h"
#include "say.h"
#include "wall.h"

enum { AHEAD = 100 /* with more ahead, a waiter is not told of every step */ };

static struct turn *turn;
static sigset_t waiting;
static unsigned long long heard;
static int usual; /* flags of descriptor 0 */
static long told; /* how many are ahead of us */
static volatile sig_atomic_t speaking, late;
static int written;

static ssize_t write_out(int fd, const void *data, size_t n)
{
    written = 1;
    return message_write(fd, data, n) ? -1 : (ssize_t)n;
}

static char space[2 * MESSAGE_LINE];
static buffer out = BUFFER_INIT(write_out, 1, space, sizeof space);

void reply_flush(void)
{
    speaking = 1;
    if (buffer_flush(&out) < 0)
        _exit(0);
    speaking = 0;
}

int reply_written(void)
{
    int was = written;

    written = 0;
    return was;
}

int reply(const char *format, ...)
{
    char line[MESSAGE_LINE];
    va_list args;
    size_t n;

    va_start(args, format);
    n = message_format(line, format, args);
    va_end(args);
    speaking = 1;
    if (buffer_put(&out, line, n) < 0)
        _exit(0);
    speaking = 0;
    return 0;
}

int reply_error(enum message_code code, const char *text)
{
    return reply("error %s %s", message_code(code), text ? text : message_text(code));
}

/* Is there room for a few lines? */
static int room(void)
{
    struct pollfd p = {.fd = 1, .events = POLLOUT};

    return poll(&p, 1, 0) > 0;
}

void reply_offer(void)
{
    if (room())
        reply_flush();
}

/* What fits, now; for a peer that may not be reading. */
static void offer(const char *data, size_t n)
{
    if (send(1, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK &&
        room() && write(1, data, n) < 0)
        _exit(111);
}

/* News is for who reads: a helper that waited for one who does not would stop the line.
 */
static void tell_news(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell_news(const char *format, ...)
{
    char line[MESSAGE_LINE];
    va_list args;

    if (!room())
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    reply("%s", line);
    reply_flush();
}

static void on_term(int sig)
{
    static const char start[] = "\nerror disconnect ", rest[] = "the service ends";
    char text[sizeof start + ROLL_TEXT + 1], *t = text + sizeof start - 1;

    (void)sig;
    memcpy(text, start, sizeof start);
    if (turn->board.record == 0 || roll_read_note(&turn->board, t) || !*t)
        memcpy(t, rest, sizeof rest);
    for (; *t; ++t)
        if (*t < ' ' || *t > '~')
            *t = '?';
    *t++ = '\n';
    if (!speaking)
        offer(out.x, out.p);
    offer(text + !speaking, (size_t)(t - text - !speaking));
    _exit(0);
}

static void on_io(int sig)
{
    int saved = errno;

    (void)sig;
    if (peer_gone(0))
        _exit(0);
    errno = saved;
}

static void on_wall(int sig)
{
    char text[WALL_TEXT];
    int saved = errno;

    (void)sig;
    while (wall_next(&heard, text) > 0)
        tell_news("wall %s", text);
    errno = saved;
}

static void tell_place(struct turn *t)
{
    long ahead = queue_ahead(&t->queue, AHEAD + 1);

    if (ahead < 0 || ahead > AHEAD)
        return;
    if (ahead < told) {
        tell_news("rem waiting %ld ahead", ahead);
        told = ahead;
        queue_poke(&t->queue, SIGUSR2);
    }
}

static void on_moved(int sig)
{
    (void)sig;
    turn_wake(turn);
}

static void on_alarm(int sig)
{
    (void)sig;
    late = 1;
    turn_wake(turn);
}

static void handle(int sig, void (*handler)(int), int flags)
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = flags};

    /* One piece of news at a time; but whoever ends us is heard at any time. */
    sigemptyset(&a.sa_mask);
    sigaddset(&a.sa_mask, SIGUSR1);
    sigaddset(&a.sa_mask, SIGUSR2);
    sigaddset(&a.sa_mask, SIGALRM);
    sigaction(sig, &a, 0);
}

void reply_prepare(struct turn *t)
{
    sigset_t news;

    if (wall_begin(&heard))
        say_warn_errno("unable to read the roll wall");
    turn = t;
    t->mask = &waiting;
    t->late = &late;
    t->moved = tell_place;
    sigemptyset(&news);
    sigaddset(&news, SIGUSR1);
    sigaddset(&news, SIGUSR2);
    sigaddset(&news, SIGALRM);
    /* Whatever the super-server left blocked. */
    sigemptyset(&waiting);
    sigprocmask(SIG_SETMASK, &news, 0);
    signal(SIGPIPE, SIG_IGN);
    handle(SIGTERM, on_term, 0);
    handle(SIGIO, on_io, SA_RESTART);
    handle(SIGUSR1, on_wall, SA_RESTART);
    handle(SIGUSR2, on_moved, SA_RESTART);
    handle(SIGALRM, on_alarm, 0);
}

/* Answers to what has already come go out together: each writing wakes the peer. */
ssize_t reply_read(char *bytes, size_t size)
{
    sigset_t old;
    ssize_t n;

    if (out.p && ((n = recv(0, bytes, size, MSG_DONTWAIT)) >= 0 || errno == EINTR))
        return n;
    reply_flush();
    conf_close(&turn->conf);
    if (turn->watch.fd >= 0)
        watch_close(&turn->watch, 0, &waiting);
    sigprocmask(SIG_SETMASK, &waiting, &old);
    n = read(0, bytes, size);
    sigprocmask(SIG_SETMASK, &old, 0);
    return n;
}

static void set_timer(unsigned long seconds)
{
    struct itimerval timer = {.it_value.tv_sec = (time_t)seconds};

    setitimer(ITIMER_REAL, &timer, 0);
}

void reply_wait_on(unsigned long seconds)
{
    usual = fcntl(0, F_GETFL);
    fcntl(0, F_SETOWN, getpid());
    fcntl(0, F_SETFL, usual | O_ASYNC);
    if (peer_gone(0))
        _exit(0);
    told = AHEAD + 1;
    late = 0;
    set_timer(seconds);
}

void reply_wait_off(void)
{
    set_timer(0);
    /* An alarm that rang meanwhile must not end the next wait: ignoring discards it. */
    signal(SIGALRM, SIG_IGN);
    handle(SIGALRM, on_alarm, 0);
    fcntl(0, F_SETFL, usual);
}

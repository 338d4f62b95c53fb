#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"

enum { MORE = 4 };

struct client client = {.signals = -1};

static char out[CLIENT_OUT];
static size_t out_at, out_have;
static int flags[2] = {-1, -1};
static int happened; /* and has not been told yet */

static const struct {
    int sig, means;
} heard[] = {{SIGUSR1, CLIENT_TOLD},  {SIGUSR2, CLIENT_UARTS}, {SIGURG, CLIENT_WANTED},
             {SIGCHLD, CLIENT_CHILD}, {SIGTERM, CLIENT_END},   {SIGINT, CLIENT_END},
             {SIGHUP, CLIENT_END}};

int client_open(void)
{
    sigset_t set;
    int on = 1;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof heard / sizeof *heard; ++i) {
        sigaddset(&set, heard[i].sig);
        signal(heard[i].sig, SIG_DFL);
    }
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, &set, 0);
    client.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (client.signals < 0)
        return -1;
    setsockopt(1, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (int fd = 0; fd < 2; ++fd)
        flags[fd] = fcntl(fd, F_GETFL);
    for (int fd = 0; fd < 2; ++fd)
        if (flags[fd] < 0 || fcntl(fd, F_SETFL, flags[fd] | O_NONBLOCK) < 0)
            return -1;
    return 0;
}

void client_close(void)
{
    shutdown(0, SHUT_RDWR);
    for (int fd = 0; fd < 2; ++fd)
        if (flags[fd] >= 0)
            fcntl(fd, F_SETFL, flags[fd]);
}

int client_signals(void)
{
    struct signalfd_siginfo s;
    int bits = happened;

    while (read(client.signals, &s, sizeof s) == sizeof s) {
        if (s.ssi_signo == SIGURG)
            client.wanted = s.ssi_int;
        for (size_t i = 0; i < sizeof heard / sizeof *heard; ++i)
            if ((int)s.ssi_signo == heard[i].sig)
                bits |= heard[i].means;
    }
    happened = 0;
    return bits;
}

size_t client_room(void)
{
    if (out_at) {
        memmove(out, out + out_at, out_have - out_at);
        out_have -= out_at;
        out_at = 0;
    }
    return sizeof out - out_have;
}

static int say(const char *format, va_list args)
{
    char line[MESSAGE_LINE];
    size_t n = message_format(line, format, args);

    if (client_room() < n)
        happened |= CLIENT_GONE;
    else {
        memcpy(out + out_have, line, n);
        out_have += n;
    }
    return 0;
}

int client_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return 0;
}

int client_error(enum message_code code, const char *text)
{
    return client_say("error %s %s", message_code(code),
                      text ? text : message_text(code));
}

static void write_out(void)
{
    while (out_at < out_have) {
        ssize_t w = send(1, out + out_at, out_have - out_at, MSG_NOSIGNAL);

        if (w < 0 && errno == ENOTSOCK)
            w = write(1, out + out_at, out_have - out_at);
        if (w > 0)
            out_at += (size_t)w;
        else if (w == 0 || errno == EAGAIN)
            return;
        else if (errno != EINTR) {
            happened |= CLIENT_GONE;
            out_at = out_have = 0;
        }
    }
}

static void read_in(void)
{
    ssize_t n = read(0, client.in + client.have, sizeof client.in - client.have);

    if (n > 0)
        client.have += (size_t)n;
    else if (n == 0)
        client.ended = 1;
    else if (errno != EAGAIN && errno != EINTR) {
        client.ended = 1;
        happened |= CLIENT_GONE;
    }
}

/* Is there room for what it sends? */
static int room_in(void)
{
    if (client.at) {
        memmove(client.in, client.in + client.at, client.have - client.at);
        client.have -= client.at;
        client.at = 0;
    }
    return client.have < sizeof client.in;
}

int client_wait(struct pollfd *more, unsigned n, int timeout)
{
    struct pollfd p[3 + MORE];
    int reading = !client.ended && room_in();

    if (n > MORE)
        n = MORE;
    p[0] = (struct pollfd){.fd = reading ? 0 : -1, .events = POLLIN};
    p[1] = (struct pollfd){.fd = 1, .events = out_at < out_have ? POLLOUT : 0};
    p[2] = (struct pollfd){.fd = client.signals, .events = POLLIN};
    if (n)
        memcpy(p + 3, more, n * sizeof *more);
    if (poll(p, 3 + n, happened ? 0 : timeout) < 0) {
        for (unsigned i = 0; i < n; ++i)
            more[i].revents = 0;
        return client_signals();
    }
    if (n)
        memcpy(more, p + 3, n * sizeof *more);
    if (p[0].revents)
        read_in();
    if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL))
        happened |= CLIENT_GONE;
    if (p[1].revents & POLLOUT)
        write_out();
    return client_signals();
}

int client_flush(int timeout)
{
    long long deadline = dial_now() + timeout;

    for (;;) {
        struct pollfd p[] = {{.fd = 1, .events = POLLOUT},
                             {.fd = client.signals, .events = POLLIN}};

        write_out();
        happened = client_signals();
        if (out_at == out_have || happened & (CLIENT_GONE | CLIENT_END) ||
            !dial_left(deadline))
            return happened & (CLIENT_GONE | CLIENT_END);
        if (poll(p, 2, dial_left(deadline)) > 0 && p[0].revents & (POLLERR | POLLNVAL))
            happened |= CLIENT_GONE;
    }
}

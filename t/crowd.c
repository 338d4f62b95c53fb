/* crowd: many clients of the helper in one process, for the tests. It connects to
   $VLAB_SOCKET and takes orders from descriptor 0, one a line, until its end:

       open N             open N connections more; they are numbered from 0
       say A[-B] TEXT     send a line to the connections from A to B
       raw A[-B] TEXT     the same without the newline; \n and \0 are as in C
       pour A[-B] BYTES   send as many bytes `x` without a newline
       flood A[-B] TEXT   send a line until the peer takes no more, or 100000 times
       deaf A[-B]         read no more from them; `hear` reads again
       half A[-B]         say that we shall send no more
       close A[-B]        hang up; `reset` does it with RST
       done TEXT          print `done TEXT`: all orders before it are carried out

   It prints `NUMBER LINE` for each line a connection says, `NUMBER EOF` when it has
   hung up, `NUMBER DOWN` when it could not be opened, `NUMBER STUCK` when it takes no
   more. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dial.h"
#include "helper.h"
#include "say.h"

enum { MOST = 8192, LONGEST = 1024, PATIENCE = 10000 };

static struct {
    size_t length;
    char line[LONGEST];
} heard[MOST];
static struct pollfd polled[1 + MOST]; /* the first is our orders */
static struct pollfd *const clients = polled + 1;
static unsigned count;

static int connect_unix(const char *path)
{
    struct sockaddr_un s = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || strlen(path) >= sizeof s.sun_path)
        say_die_errno("unable to make a socket for %s", path);
    strcpy(s.sun_path, path);
    if (connect(fd, (struct sockaddr *)&s, sizeof s) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_tcp(const char *where)
{
    char host[128];
    const char *colon = strrchr(where, ':');

    if (!colon || (size_t)(colon - where) >= sizeof host)
        say_die(SAY_USAGE, "%s is not HOST:PORT", where);
    where += *where == '[';
    memcpy(host, where, (size_t)(colon - where));
    host[colon - where - (colon[-1] == ']')] = 0;
    return dial(host, (unsigned)atoi(colon + 1), dial_now() + 5000, 0, 0);
}

static void open_clients(unsigned n)
{
    const char *where = helper_socket();

    for (; n && count < MOST; --n, ++count) {
        clients[count].fd = strchr(where, '/') ? connect_unix(where) : connect_tcp(where);
        clients[count].events = POLLIN;
        if (clients[count].fd < 0)
            printf("%u DOWN %s\n", count, strerror(errno));
    }
}

static void hang_up(unsigned i)
{
    close(clients[i].fd);
    clients[i].fd = -1;
}

/* Returns 0, or -1 when the peer has taken nothing for so many milliseconds, or is gone.
 */
static int put(unsigned i, const char *bytes, size_t n, int patience)
{
    struct pollfd p = {.fd = clients[i].fd, .events = POLLOUT};
    ssize_t w;

    while (n && poll(&p, 1, patience) > 0) {
        w = send(p.fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (w < 0 && errno != EAGAIN)
            return -1;
        if (w > 0) {
            bytes += w;
            n -= (size_t)w;
        }
    }
    return n ? -1 : 0;
}

static size_t unescape(char *text)
{
    char *to = text;
    const char *from = text;

    for (; *from; ++from)
        if (*from == '\\' && from[1]) {
            ++from;
            *to++ = *from == 'n' ? '\n' : *from == '0' ? 0 : *from;
        } else
            *to++ = *from;
    return (size_t)(to - text);
}

static void pour(unsigned i, unsigned long bytes)
{
    static char block[4096];

    memset(block, 'x', sizeof block);
    for (; bytes >= sizeof block; bytes -= sizeof block)
        if (put(i, block, sizeof block, PATIENCE))
            return;
    put(i, block, bytes, PATIENCE);
}

static void flood(unsigned i, const char *line)
{
    int n;

    for (n = 0; n < 100000; ++n)
        if (put(i, line, strlen(line), 500)) {
            printf("%u STUCK\n", i);
            return;
        }
}

static void order_one(unsigned i, const char *order, char *text)
{
    struct linger now = {.l_onoff = 1};
    char line[LONGEST + 2];

    if (clients[i].fd < 0)
        return;
    snprintf(line, sizeof line, "%s\n", text);
    if (strcmp(order, "say") == 0)
        put(i, line, strlen(line), PATIENCE);
    else if (strcmp(order, "pour") == 0)
        pour(i, strtoul(text, 0, 10));
    else if (strcmp(order, "flood") == 0)
        flood(i, line);
    else if (strcmp(order, "deaf") == 0)
        clients[i].events = 0;
    else if (strcmp(order, "hear") == 0)
        clients[i].events = POLLIN;
    else if (strcmp(order, "half") == 0)
        shutdown(clients[i].fd, SHUT_WR);
    else if (strcmp(order, "raw") == 0)
        put(i, line, unescape(strcpy(line, text)), PATIENCE);
    else {
        if (strcmp(order, "reset") == 0)
            setsockopt(clients[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        hang_up(i);
    }
}

static void obey(char *line)
{
    char order[16], range[32], *end;
    unsigned long from, to;
    int n = 0, used = 0;

    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%15s%n %31s%n", order, &used, range, &n) < 2)
        say_die(SAY_USAGE, "what does `%s` mean?", line);
    if (strcmp(order, "done") == 0) {
        printf("done%s\n", line + used);
        return;
    }
    from = to = strtoul(range, &end, 10);
    if (*end == '-')
        to = strtoul(end + 1, 0, 10);
    if (strcmp(order, "open") == 0) {
        open_clients((unsigned)from);
        return;
    }
    for (; from <= to && from < count; ++from)
        order_one((unsigned)from, order, line[n] ? line + n + 1 : line + n);
}

static void listen_to(unsigned i)
{
    char bytes[4096];
    ssize_t n = recv(clients[i].fd, bytes, sizeof bytes, MSG_DONTWAIT), at;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        printf("%u EOF\n", i);
        hang_up(i);
        return;
    }
    for (at = 0; at < n; ++at)
        if (bytes[at] == '\n') {
            printf("%u %.*s\n", i, (int)heard[i].length, heard[i].line);
            heard[i].length = 0;
        } else if (heard[i].length < LONGEST)
            heard[i].line[heard[i].length++] = bytes[at];
}

/* Orders come by read(2), not through stdio, which would hide some of them from poll. */
static int take_orders(void)
{
    static char orders[8192];
    static size_t have;
    ssize_t n = read(0, orders + have, sizeof orders - 1 - have);
    char *at = orders, *newline;

    if (n <= 0)
        return 0;
    have += (size_t)n;
    orders[have] = 0;
    while ((newline = strchr(at, '\n'))) {
        *newline = 0;
        obey(at);
        at = newline + 1;
    }
    have = strlen(at);
    memmove(orders, at, have);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned i;

    say_name("crowd", "crowd [N]");
    setvbuf(stdout, 0, _IOLBF, 0);
    polled[0].fd = 0;
    polled[0].events = POLLIN;
    if (argc > 1)
        open_clients((unsigned)atoi(argv[1]));
    while (poll(polled, 1 + count, -1) >= 0 || errno == EINTR) {
        for (i = 0; i < count; ++i)
            if (clients[i].revents && clients[i].events)
                listen_to(i);
        if (polled[0].revents && !take_orders())
            break;
        for (i = 0; i < count; ++i)
            clients[i].revents = 0;
    }
    return SAY_DONE;
}

/* bench-door MILLISECONDS: serve a free port of all addresses, which is printed, as the
   doors of as many nodes: each asker hears so much later that the node whose number is
   the last byte of the address he has come to is up, with his own map; all of them side
   by side, and by one process: what is measured is he. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"

enum { MOST = 512 };

static struct {
    int fd; /* -1: none */
    long long due;
    char line[1024];
} asker[MOST];

static int serve(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) || listen(s, MOST) ||
        getsockname(s, (struct sockaddr *)&a, &size))
        say_die_errno("unable to listen");
    printf("%u\n", ntohs(a.sin_port));
    fflush(stdout);
    return s;
}

static void greet(int s)
{
    for (int i = 0; i < MOST; ++i)
        if (asker[i].fd < 0) {
            asker[i].fd = accept4(s, 0, 0, SOCK_CLOEXEC);
            asker[i].due = -1;
            if (asker[i].fd < 0)
                return;
        }
}

static void answer(int i)
{
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    char line[1024], hash[32];

    getsockname(asker[i].fd, (struct sockaddr *)&a, &size);
    if (sscanf(asker[i].line, "%*s %31s", hash) == 1) {
        int n = snprintf(line, sizeof line, "ok %u %s up 1 0 0 0\n",
                         (unsigned)ntohl(a.sin_addr.s_addr) & 255, hash);

        send(asker[i].fd, line, (size_t)n, MSG_NOSIGNAL);
    }
    close(asker[i].fd);
    asker[i].fd = -1;
}

int main(int argc, char **argv)
{
    static struct pollfd p[MOST + 1];
    long delay;

    say_name("bench-door", "bench-door MILLISECONDS");
    if (argc != 2)
        say_usage();
    delay = strtol(argv[1], 0, 10);
    for (int i = 0; i < MOST; ++i)
        asker[i].fd = -1;
    p[MOST] = (struct pollfd){.fd = serve(), .events = POLLIN};
    for (;;) {
        long long soon = -1;

        for (int i = 0; i < MOST; ++i) {
            /* Whose answer is due is not listened to. */
            p[i] = (struct pollfd){.fd = asker[i].due < 0 ? asker[i].fd : -1,
                                   .events = POLLIN};
            soon = dial_sooner(soon, asker[i].fd < 0 ? -1 : asker[i].due);
        }
        if (poll(p, MOST + 1, dial_left(soon)) < 0 && errno != EINTR)
            say_die_errno("unable to wait");
        for (int i = 0; i < MOST; ++i) {
            if (asker[i].fd >= 0 && asker[i].due < 0 && p[i].fd >= 0 && p[i].revents) {
                /* The line of who asks is one packet. */
                ssize_t n = read(asker[i].fd, asker[i].line, sizeof asker[i].line - 1);

                asker[i].line[n > 0 ? n : 0] = 0;
                asker[i].due = dial_now() + delay;
            }
            if (asker[i].fd >= 0 && asker[i].due >= 0 && !dial_left(asker[i].due))
                answer(i);
        }
        greet(p[MOST].fd);
    }
}

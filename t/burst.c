/* burst SOCKET COUNT [SECONDS]: connect COUNT times at once to a unix socket, or to
   HOST:PORT, and wait for each connection's first line, all of them held until the last
   has come or 60 s are over. With SECONDS, a connection that stays silent so long is
   given up for a new one. Prints how many came; for the tests of super-servers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static socklen_t address(const char *text, struct sockaddr_storage *to)
{
    const char *colon = strrchr(text, ':');
    memset(to, 0, sizeof *to);
    if (strchr(text, '/') || !colon) {
        struct sockaddr_un *un = (struct sockaddr_un *)to;
        un->sun_family = AF_UNIX;
        snprintf(un->sun_path, sizeof un->sun_path, "%s", text);
        return sizeof *un;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)to;
    char host[64];
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    in->sin_family = AF_INET;
    in->sin_port = htons((unsigned short)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
        return 0;
    return sizeof *in;
}

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct sockaddr_storage to;
static socklen_t length;

static int dial(void)
{
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, length) == -1 &&
        errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    int count = argc >= 3 ? atoi(argv[2]) : 0;
    long again = argc == 4 ? atol(argv[3]) * 1000 : 0, start = now(), dialled = start;
    length = count > 0 ? address(argv[1], &to) : 0;
    if (length == 0) {
        fputs("usage: burst SOCKET COUNT [SECONDS]\n", stderr);
        return 100;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct pollfd *p = calloc((size_t)count, sizeof *p);
    if (!p)
        return 111;

    int refused = 0, came = 0, lost = 0;
    for (int i = 0; i < count; i++) {
        p[i].events = POLLIN;
        p[i].fd = dial();
        refused += p[i].fd == -1;
    }
    long left = count - refused;
    while (left > 0 && now() - start < 60000 && poll(p, (nfds_t)count, 500) >= 0) {
        for (int i = 0; i < count; i++) {
            char line[512];
            if (p[i].fd < 0 || !p[i].revents)
                continue;
            if (read(p[i].fd, line, sizeof line) > 0)
                came++;
            else
                lost++;
            p[i].fd = -2 - p[i].fd; /* poll passes over it; it stays open */
            left--;
        }
        if (again == 0 || now() - dialled < again)
            continue;
        dialled = now();
        for (int i = 0; i < count; i++) {
            if (p[i].fd < 0)
                continue;
            close(p[i].fd);
            p[i].fd = dial();
            refused += p[i].fd == -1;
            left -= p[i].fd == -1;
        }
    }
    printf("%d came, %d refused, %d lost, %ld silent\n", came, refused, lost, left);
    fprintf(stderr, "after %ld ms\n", now() - start);
    return came == count ? 0 : 1;
}

/* fuzz-console: what the socket of a console hears, from two at a time. The first byte of
   the input says how much of it is said at once; what the writer types must come out as
   the bytes of his frames, and all of the audience has left at the end. */
#include "fuzz-main.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audience.h"

static struct pollfd p[AUDIENCE_POLL];

static int is_there(void)
{
    audience_wants(p);
    for (int i = 0; i < AUDIENCE_POLL; i++)
        if (p[i].fd >= 0)
            return 1;
    return 0;
}

/* What play does, until there is nothing more to be done. */
static void turn(void)
{
    unsigned short rows, columns;
    const char *data;
    size_t n, used;
    audience_wants(p);
    while (poll(p, AUDIENCE_POLL, 0) > 0) {
        int idle = 1;
        for (int i = 0; i < AUDIENCE_POLL; i++)
            idle &= !(p[i].revents & ~POLLOUT);
        audience_move(p);
        while (audience_input(&data, &n)) {
            char typed[65536];
            MUST(n <= sizeof typed);
            memcpy(typed, data, n);
            used = n > 7 ? 7 : n;
            audience_used(used);
        }
        if (audience_size(&rows, &columns))
            MUST(rows && columns);
        if (audience_has_room())
            audience_put("output", 6);
        if (idle)
            break;
        audience_wants(p);
    }
}

static void hear(int fd)
{
    char heard[65536];
    while (recv(fd, heard, sizeof heard, MSG_DONTWAIT) > 0)
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int opened;
    const struct usher u = {.owner = getuid()};
    size_t piece = n ? 1 + data[0] * 4u : 1;
    int one[2], two[2];
    if (!opened++)
        audience_open(&u, "command");
    MUST(!is_there());
    MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, one));
    MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two));
    audience_admit(one[1], 0);
    audience_admit(two[1], n & 1 ? "second" : 0);
    for (size_t at = 1; at < n; at += piece) {
        size_t most = n - at < piece ? n - at : piece;
        /* Who has been dropped is not there any more. */
        send(at / piece & 1 && n & 2 ? two[0] : one[0], data + at, most,
             MSG_NOSIGNAL | MSG_DONTWAIT);
        turn();
        if (n & 4)
            hear(one[0]);
        hear(two[0]);
    }
    close(one[0]);
    turn();
    close(two[0]);
    turn();
    MUST(!is_there());
    return 0;
}

/* The least a client can be: connect to a unix socket and print what comes, to its end.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "say.h"

int main(int argc, char **argv)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char data[65536];
    ssize_t n;
    int fd;

    say_name("bench-ask", "bench-ask SOCKET");
    if (say_options(argc, argv, "") != -1 || argc != 2)
        say_usage();
    strncpy(a.sun_path, argv[1], sizeof a.sun_path - 1);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a))
        say_die_errno("unable to connect to %s", argv[1]);
    while ((n = read(fd, data, sizeof data)) > 0)
        for (ssize_t at = 0, w; at < n; at += w)
            if ((w = write(1, data + at, (size_t)(n - at))) < 0)
                say_die_errno("unable to write");
    if (n < 0)
        say_die_errno("unable to read from %s", argv[1]);
    return 0;
}

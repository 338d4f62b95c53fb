/* fragments FILE SEED: write the file to descriptor 1 in fragments of random sizes: as
   many of some bytes as of some thousands. For the tests. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"

int main(int argc, char **argv)
{
    static char piece[1 << 16];
    ssize_t n, w, at;
    int fd;

    say_name("fragments", "fragments FILE SEED");
    if (argc != 3)
        say_usage();
    srand((unsigned)atoi(argv[2]));
    fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        say_die_errno("unable to open %s", argv[1]);
    while ((n = read(fd, piece, 1 + (size_t)rand() % (1u << rand() % 17))) > 0)
        for (at = 0; at < n; at += w) {
            w = write(1, piece + at, (size_t)(n - at));
            if (w < 0)
                say_die_errno("unable to write");
        }
    if (n < 0)
        say_die_errno("unable to read %s", argv[1]);
    return SAY_DONE;
}

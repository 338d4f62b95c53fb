/* io: system calls on a file, one after another, for the tests. `io [-acenrtw] FILE
   WORD...`: the letters are O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, reading, O_TRUNC and
   writing; the words:
     wN rN   write, read N bytes (read ones are printed, if they are few)
     @N      go to N
     tN      ftruncate
     s       fstat: print the size
     f       fsync
     pMS     poll for reading, so many milliseconds
     uNAME   unlink NAME
     lNAME   the size of NAME, by stat
     d       close a duplicate
     c       close
     + -     fcntl: append from now on, or not
     mN z    map N bytes, shared; unmap
     >N <N   write (an m), print the byte N of the map
     y       msync
     !WORDS  a command of the shell
   A call that fails prints its error. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 16777216 };

static int result(const char *word, long r)
{
    if (r < 0)
        printf("%s: %s\n", word, strerror(errno));
    return r < 0;
}

static void do_word(int fd, const char *word)
{
    static char bytes[MOST], *map;
    static size_t mapped;
    const char *rest = word + 1;
    unsigned long long n = strtoull(rest, 0, 10);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    struct stat st;
    ssize_t got;
    int c;
    switch (*word) {
    case 'w':
        memset(bytes, 'x', n);
        got = write(fd, bytes, n);
        if (!result(word, got) && (size_t)got != n)
            printf("%s: %zd\n", word, got);
        return;
    case 'r':
        got = read(fd, bytes, n);
        if (result(word, got))
            return;
        if (got > 80)
            printf("%zd bytes\n", got);
        else
            printf("<%.*s>\n", (int)got, bytes);
        return;
    case '@':
        result(word, (long)lseek(fd, (off_t)n, SEEK_SET));
        return;
    case 't':
        result(word, ftruncate(fd, (off_t)n));
        return;
    case 's':
    case 'l':
        if (!result(word, *word == 's' ? fstat(fd, &st) : stat(rest, &st)))
            printf("%lld\n", (long long)st.st_size);
        return;
    case 'f':
        result(word, fsync(fd));
        return;
    case 'p':
        got = poll(&p, 1, (int)n);
        if (!result(word, got))
            puts(got && p.revents & POLLIN ? "ready" : "not ready");
        return;
    case 'u':
        result(word, unlink(rest));
        return;
    case 'd':
        result(word, close(dup(fd)));
        return;
    case 'c':
        result(word, close(fd));
        return;
    case '+':
    case '-':
        result(word, fcntl(fd, F_SETFL, *word == '+' ? O_APPEND : 0));
        return;
    case 'm':
        c = fcntl(fd, F_GETFL) & O_ACCMODE;
        map = mmap(0, n, c == O_RDONLY ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED,
                   fd, 0);
        mapped = n;
        result(word, map == MAP_FAILED ? -1 : 0);
        return;
    case '>':
        map[n] = 'm';
        return;
    case '<':
        putchar(map[n]);
        return;
    case 'y':
        result(word, msync(map, mapped, MS_SYNC));
        return;
    case 'z':
        result(word, munmap(map, mapped));
        return;
    case '!':
        if (system(rest))
            printf("%s: failed\n", word);
        return;
    }
    printf("%s: what?\n", word);
}

int main(int argc, char **argv)
{
    int flags = 0, reads = 0, writes = 0, c, fd;
    while ((c = getopt(argc, argv, "acenrtw")) != -1) {
        reads |= c == 'r';
        writes |= c == 'w';
        flags |= c == 'a'   ? O_APPEND
                 : c == 'c' ? O_CREAT
                 : c == 'e' ? O_EXCL
                 : c == 'n' ? O_NONBLOCK
                 : c == 't' ? O_TRUNC
                            : 0;
    }
    if (optind >= argc)
        return 100;
    flags |= writes ? reads ? O_RDWR : O_WRONLY : O_RDONLY;
    fd = open(argv[optind], flags, 0666);
    if (result("open", fd))
        return 1;
    while (argv[++optind]) {
        do_word(fd, argv[optind]);
        fflush(stdout);
    }
    return 0;
}

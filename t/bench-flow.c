/* Bytes through a relay. With -b this is the board, for tcpserver: useuart is answered by
   usinguart, the next line by another; then `up BYTES` takes so many and says so, `down
   BYTES` sends them. With -t this is a UART, the terminal LINK, that answers so again and
   again from that next line on. Else COMMAND is started with pipes as a login shell is,
   led to that point (-c POOL: by a connect first; -r: without useuart), and BYTES pass
   through it. Prints megabytes a second, and the seconds of processor time that COMMAND
   has used in all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { BLOCK = 65536, LINE = 256 };

static char block[BLOCK];

static void put(int fd, const char *data, size_t n)
{
    ssize_t w;

    for (; n; n -= (size_t)w, data += w) {
        w = write(fd, data, n);
        if (w < 0 && errno == EINTR)
            w = 0;
        if (w < 0)
            say_die_errno("unable to write");
    }
}

static void put_line(int fd, const char *line)
{
    put(fd, line, strlen(line));
}

/* Bytewise, for what follows a line is not ours to read. */
static void get_line(int fd, char *line)
{
    size_t n = 0;

    while (read(fd, line + n, 1) == 1 && line[n] != '\n')
        if (++n == LINE)
            say_die(SAY_SYSTEM, "a line too long");
    line[n] = 0;
    if (n == 0)
        say_die(SAY_SYSTEM, "an end instead of a line");
}

static void await(int fd, const char *word)
{
    char line[LINE + 1];

    do {
        get_line(fd, line);
        if (strncmp(line, "error ", 6) == 0)
            say_die(SAY_SYSTEM, "`%s' instead of `%s'", line, word);
    } while (strncmp(line, word, strlen(word)) != 0);
}

static void send_bytes(int fd, unsigned long left)
{
    size_t n;

    for (; left; left -= n) {
        n = left < BLOCK ? left : BLOCK;
        put(fd, block, n);
    }
}

/* A socket need not be copied from: MSG_TRUNC. */
static void take_bytes(int fd, unsigned long left, int is_socket)
{
    size_t most;
    ssize_t n;

    for (; left; left -= (size_t)n) {
        most = left < BLOCK ? left : BLOCK;
        n = is_socket ? recv(fd, block, most, MSG_TRUNC) : read(fd, block, most);
        if (n <= 0)
            say_die(SAY_SYSTEM, "%lu bytes have not come", left);
    }
}

static void answer(int in, int out, int is_socket)
{
    char line[LINE + 1];
    unsigned long bytes;

    get_line(in, line);
    put_line(out, "begin\n");
    get_line(in, line);
    if (sscanf(line, "up %lu", &bytes) == 1) {
        take_bytes(in, bytes, is_socket);
        put_line(out, "taken\n");
    } else if (sscanf(line, "down %lu", &bytes) == 1)
        send_bytes(out, bytes);
}

/* Our own end of the terminal stays open, so it outlasts those who come and go. */
static void uart(const char *link)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY), end;
    const char *name = fd < 0 || grantpt(fd) || unlockpt(fd) ? 0 : ptsname(fd);
    struct termios t;

    if (!name || (end = open(name, O_RDWR | O_NOCTTY)) < 0 || tcgetattr(end, &t))
        say_die_errno("unable to open a terminal");
    cfmakeraw(&t);
    if (tcsetattr(end, TCSANOW, &t) || symlink(name, link))
        say_die_errno("unable to make %s", link);
    for (;;)
        answer(fd, fd, 0);
}

static int serve(void)
{
    char line[LINE + 1];

    put_line(1, "eversion bench\n");
    do
        get_line(0, line);
    while (strncmp(line, "useuart", 7) != 0);
    put_line(1, "usinguart\n");
    answer(0, 1, 1);
    while (read(0, line, LINE) > 0)
        ;
    return 0;
}

/* Start it; its ends of the two pipes that we write to and read from are in[1], out[0].
 */
static pid_t start(char **command, int *in, int *out)
{
    pid_t pid;

    if (pipe(in) || pipe(out) || (pid = fork()) < 0)
        say_die_errno("unable to start %s", command[0]);
    if (pid == 0) {
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
            say_die_errno("unable to move pipes");
        close(in[0]);
        close(in[1]);
        close(out[0]);
        close(out[1]);
        execvp(command[0], command);
        say_die_errno("unable to run %s", command[0]);
    }
    close(in[0]);
    close(out[1]);
    return pid;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void flow(char **command, const char *pool, int raw, int down, unsigned long bytes)
{
    struct rusage used;
    int in[2], out[2], status;
    char line[LINE];
    double began;
    pid_t pid = start(command, in, out);

    if (pool) {
        snprintf(line, sizeof line, "connect %s\n", pool);
        put_line(in[1], line);
        await(out[0], "ok ");
    }
    if (!raw) {
        put_line(in[1], "useuart 0\n");
        await(out[0], "usinguart");
    }
    put_line(in[1], "begin\n");
    await(out[0], "begin");
    snprintf(line, sizeof line, "%s %lu\n", down ? "down" : "up", bytes);
    began = now();
    put_line(in[1], line);
    if (down)
        take_bytes(out[0], bytes, 0);
    else {
        send_bytes(in[1], bytes);
        await(out[0], "taken");
    }
    began = now() - began;
    /* Both: who only sends no more may still hear something for a while. */
    close(in[1]);
    close(out[0]);
    if (wait4(pid, &status, 0, &used) != pid)
        say_die_errno("unable to wait for %s", command[0]);
    printf("%.1f %.4f\n", (double)bytes / 1e6 / began,
           seconds(used.ru_utime) + seconds(used.ru_stime));
}

int main(int argc, char **argv)
{
    const char *pool = 0;
    unsigned long bytes;
    int c, down, raw = 0;

    say_name("bench-flow", "bench-flow -b\nbench-flow -t LINK\n"
                           "bench-flow [-r] [-c POOL] up|down BYTES COMMAND...");
    while ((c = say_options(argc, argv, "bc:rt:")) != -1)
        if (c == 'c')
            pool = optarg;
        else if (c == 'r')
            raw = 1;
        else if (c == 't')
            uart(optarg);
        else
            return serve();
    if (argc - optind < 3)
        say_usage();
    down = strcmp(argv[optind], "down") == 0;
    if (say_number(argv[optind + 1], 1, 1UL << 40, &bytes))
        say_die(SAY_USAGE, "%s is no number of bytes", argv[optind + 1]);
    flow(argv + optind + 2, pool, raw, down, bytes);
    return 0;
}

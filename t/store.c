/* store: lib/store by hand, for the tests, as if for board `b`. `store [-n] [-b BUFFERS]
   [-l LIMIT] [-f FPGA]... COMMAND...`; FPGA is what a part begins with, -n: as if on a
   filesystem without O_TMPFILE. COMMAND is

       add BID [STEP [SEED]]  an upload of what comes on descriptor 0, STEP bytes (4096)
                              at a time, or with a seed a random number up to STEP: its
                              state, or `error NAME`, and `kept` with the most bytes its
                              file ever had
       cut BID                one that is not whole
       hang BID               one that never ends: `begun`, and `fed` at the end of the
                              input
       list                   `BID STATE SIZE DESIGN PART DATE TIME`
       newest MAX             the same, at most MAX
       find BID               the same, or `none`
       wipe PID               all but the job of that process
       lend BID               the path; given back at the end of the input
       unpack LIMIT STEP      unpack descriptor 0 to descriptor 1

   What fails prints `error NAME` with the name of its errno. The last line is `peak KB`,
   the most memory that was in use, but for unpack. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"
#include "store.h"

static const char *const states[] = {"ready", "invalid", "incomplete", "wrong"};
static struct device device = {.address = "b"};
static struct store store;
static int no_tmpfile;
static unsigned long step = 4096;
static int random_steps;
static off_t kept;

/* In the place of the library's. */
int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode;
    va_list rest;

    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

static unsigned long number(const char *text)
{
    unsigned long n;

    if (!text || say_number(text, 0, ~0ul, &n) < 0)
        say_usage();
    return n;
}

static void failed(void)
{
    printf("error %s\n", strerrorname_np(errno));
}

static size_t next_piece(char *piece, size_t size)
{
    size_t want = random_steps ? 1 + (size_t)random() % step : step, got = 0;
    ssize_t n = 1;

    if (want > size)
        want = size;
    for (; got < want && n; got += (size_t)n) {
        n = read(0, piece + got, want - got);
        if (n < 0)
            say_die_errno("read");
    }
    return got;
}

static void feed(void)
{
    static char piece[1 << 20];
    struct stat file;
    size_t n;

    while ((n = next_piece(piece, sizeof piece)) > 0) {
        store_add(&store, piece, n);
        if (fstat(store.file, &file) == 0 && file.st_size > kept)
            kept = file.st_size;
    }
}

static void show(const struct store_entry *e)
{
    const struct bitfile *h = &e->header;

    printf("%lu %s %zu %s %s %s %s\n", e->bid, states[e->state], e->size, h->design,
           h->part, h->date, h->time);
}

static void upload(const char *how, unsigned long bid)
{
    int state;

    if (store_begin(&store, bid) < 0) {
        failed();
        return;
    }
    if (*how == 'h') {
        puts("begun");
        fflush(stdout);
    }
    feed();
    if (*how == 'h') {
        puts("fed");
        fflush(stdout);
        for (;;)
            pause();
    }
    state = store_end(&store, *how == 'a');
    if (state < 0)
        failed();
    else
        puts(states[state]);
    printf("kept %lld\n", (long long)kept);
}

static void list(unsigned max)
{
    struct store_entry e[STORE_BUFFERS];
    int n = store_list(&store, e, max), i;

    if (n < 0)
        failed();
    for (i = 0; i < n; ++i)
        show(e + i);
}

static void find(unsigned long bid)
{
    struct store_entry e;
    int k = store_find(&store, bid, &e);

    if (k < 0)
        failed();
    else if (k == 0)
        puts("none");
    else
        show(&e);
}

static void lend(unsigned long bid)
{
    char path[STORE_PATH], end;

    if (store_lend(&store, bid, path) < 0) {
        failed();
        return;
    }
    puts(path);
    fflush(stdout);
    while (read(0, &end, 1) > 0)
        ;
    store_return(&store);
}

static int put(void *arg, const void *piece, size_t n)
{
    (void)arg;
    return write(1, piece, n) == (ssize_t)n ? 0 : -1;
}

static int unpack(unsigned long limit)
{
    static char piece[1 << 20];
    struct unpack u;
    size_t n;

    if (unpack_open(&u, limit) < 0)
        say_die_errno("unpack_open");
    while ((n = next_piece(piece, sizeof piece)) > 0)
        if (unpack_feed(&u, piece, n, put, 0) < 0)
            say_die(SAY_NO, "%s", strerrorname_np(errno));
    n = u.got;
    unpack_close(&u);
    return u.ended ? SAY_DONE : SAY_USAGE;
}

static void peak(void)
{
    struct rusage used;

    if (getrusage(RUSAGE_SELF, &used) == 0)
        printf("peak %ld\n", used.ru_maxrss);
}

int main(int argc, char **argv)
{
    const char *command;
    int c;

    say_name("store", "store [-n] [-b BUFFERS] [-l LIMIT] [-f FPGA]... COMMAND...");
    device.number[DEVICE_BUFFERS] = 8;
    device.number[DEVICE_LIMIT] = 16777216;
    while ((c = say_options(argc, argv, "nb:l:f:")) != -1) {
        if (c == 'n')
            no_tmpfile = 1;
        if (c == 'b')
            device.number[DEVICE_BUFFERS] = number(optarg);
        if (c == 'l')
            device.number[DEVICE_LIMIT] = number(optarg);
        if (c == 'f')
            snprintf(device.fpga[device.fpgas++], CONF_NAME, "%s", optarg);
    }
    argv += optind;
    if (!(command = *argv++))
        say_usage();
    if (device.fpgas == 0)
        strcpy(device.fpga[device.fpgas++], "*");
    if (strcmp(command, "list") != 0 && argv[0] && argv[1])
        step = number(argv[1]);
    if (strcmp(command, "list") != 0 && argv[0] && argv[1] && argv[2]) {
        random_steps = 1;
        srandom((unsigned)number(argv[2]));
    }
    if (strcmp(command, "unpack") == 0)
        return unpack(number(*argv));
    if (store_open(&store, &device) < 0)
        say_die_errno("unable to open the store");
    if (strcmp(command, "add") == 0 || strcmp(command, "cut") == 0 ||
        strcmp(command, "hang") == 0)
        upload(command, number(*argv));
    else if (strcmp(command, "list") == 0)
        list(STORE_BUFFERS);
    else if (strcmp(command, "newest") == 0)
        list((unsigned)number(*argv));
    else if (strcmp(command, "find") == 0)
        find(number(*argv));
    else if (strcmp(command, "lend") == 0)
        lend(number(*argv));
    else if (strcmp(command, "wipe") == 0) {
        if (store_wipe(&store, (pid_t)number(*argv)) < 0)
            failed();
    } else
        say_usage();
    store_close(&store);
    peak();
    return SAY_DONE;
}

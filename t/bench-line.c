/* Measure what waiting in line costs. For each N a pool PREFIX-N with one board, which
   one user holds and N others wait for. Prints `MEMORY PTE KERNEL`, each in kB of one
   waiter: private memory, page tables, and what the kernel's own memory grew by; then,
   for each round and each N, how many microseconds after the holder's end the head had
   the board: `quit N MICROSECONDS`, and with the holder's helper killed `kill N
   MICROSECONDS`. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "dial.h"
#include "helper.h"
#include "message.h"
#include "queue.h"
#include "say.h"

enum {
    BASE = 10000,  /* the first uid; everybody is somebody else */
    LINES = 8,     /* values of N */
    TOLD = 100,    /* so many ahead, and a waiter is still told of each step */
    PATIENCE = 60, /* seconds for what takes none */
    CALM = 10      /* milliseconds for a new head to begin to watch */
};

struct line {
    char pool[CONF_NAME];
    unsigned long waiters, first; /* the head is client[first] */
    struct helper *client;        /* in order; the one before first holds the board */
};

static struct line line[LINES];
static unsigned lines;
static uid_t next_uid = BASE;

static long long microseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Read until a line begins with text. */
static void await(struct helper *h, const char *text)
{
    long long deadline = dial_now() + PATIENCE * 1000;
    char *got;
    int k;

    while ((k = helper_line(h, deadline, &got)) > 0 || (k < 0 && errno == EINTR))
        if (k > 0) {
            if (strncmp(got, text, strlen(text)) == 0)
                return;
            if (strncmp(got, "error ", 6) == 0)
                say_die(SAY_SYSTEM, "the helper says `%s' and not `%s'", got, text);
        }
    if (k == 0)
        say_die(SAY_SYSTEM, "a helper ended instead of saying `%s'", text);
    say_die_errno("waited for `%s' in vain", text);
}

static void ask(struct helper *h, const char *request, const char *pool)
{
    char *why;
    int k = helper_login(h, 0, next_uid++, 0, &why);

    if (k > 0)
        say_die(SAY_SYSTEM, "refused: %s", why);
    if (k < 0 || message_send(h->fd, "boardrequest %s%s", pool, request))
        say_die_errno("unable to talk to %s", helper_socket());
}

/* The number of the next ticket: grows when somebody has joined. */
static unsigned long long next_ticket(const struct line *l)
{
    unsigned long long n;
    char text[ROLL_TEXT];
    struct queue q;

    if (queue_open(&q, "line", l->pool, ROLL_READ) || roll_header(&q.roll, text))
        say_die_errno("unable to read the line of %s", l->pool);
    n = strtoull(text, 0, 10);
    queue_close(&q);
    return n;
}

/* Stand at the end of the line; nobody overtakes us. */
static void stand(const struct line *l, struct helper *h)
{
    unsigned long long number = next_ticket(l);

    ask(h, " wait", l->pool);
    while (next_ticket(l) == number)
        usleep(100);
}

static unsigned long called(struct line *l, struct roll_entry *e, size_t max)
{
    struct queue q;
    long n;

    if (queue_open(&q, "line", l->pool, ROLL_READ))
        say_die_errno("unable to open the line of %s", l->pool);
    n = queue_call(&q, e, max);
    if (n < 0)
        say_die_errno("unable to call the line of %s", l->pool);
    queue_close(&q);
    return (unsigned long)n;
}

/* Make the line and wait until all stand in it. */
static void form(struct line *l, unsigned long rounds)
{
    struct roll_entry *e = calloc(l->waiters + 1, sizeof *e);
    unsigned long i;

    l->client = calloc(l->waiters + 1 + 2 * rounds, sizeof *l->client);
    if (!e || !l->client)
        say_die_errno("no memory");
    ask(&l->client[0], "", l->pool);
    await(&l->client[0], "boardassign ");
    l->first = 1;
    for (i = 0; i < l->waiters; ++i)
        stand(l, &l->client[1 + i]);
    while (called(l, e, l->waiters + 1) < l->waiters)
        usleep(CALM * 1000);
    free(e);
}

static pid_t holder(const struct line *l)
{
    struct roll_entry e = {0};
    struct conf_lines pool;
    char address[CONF_WORD];
    struct conf c;
    struct roll r;

    if (conf_open(&c) || conf_find(&c, "pool", l->pool, &pool) <= 0 ||
        !conf_line(&pool, "board", address) || board_open(&r, address, ROLL_READ) ||
        roll_next(&r, &e) <= 0)
        say_die(SAY_SYSTEM, "nobody holds the board of %s", l->pool);
    roll_close(&r);
    conf_close(&c);
    return e.pid;
}

/* Everybody who is told of his new place has been told, and the head watches. */
static void settle(struct line *l)
{
    unsigned long last = l->waiters - 1 < TOLD ? l->waiters - 1 : TOLD, i;
    char told[64];

    for (i = 0; i <= last; ++i) {
        snprintf(told, sizeof told, "rem waiting %lu ahead", i);
        await(&l->client[l->first + i], told);
    }
}

static void grant(struct line *l, int killing)
{
    struct helper *old = &l->client[l->first - 1], *head = &l->client[l->first];
    pid_t pid = holder(l);
    long long began;

    usleep(CALM * 1000);
    began = microseconds();
    if (killing ? kill(pid, SIGKILL) : message_send(old->fd, "quit"))
        say_die_errno("unable to end the holder of %s", l->pool);
    await(head, "boardassign ");
    printf("%s %lu %lld\n", killing ? "kill" : "quit", l->waiters,
           microseconds() - began);
    helper_close(old);
    ++l->first;
    stand(l, &l->client[l->first + l->waiters - 1]);
    settle(l);
}

/* The number behind a word in a file of /proc, in kB. */
static long proc_number(const char *file, const char *word)
{
    char text[256];
    FILE *f = fopen(file, "r");
    long n = 0, found = 0;

    if (!f)
        say_die_errno("unable to open %s", file);
    while (fgets(text, sizeof text, f))
        if (strncmp(text, word, strlen(word)) == 0 &&
            sscanf(strchr(text, ':'), ": %ld", &n))
            found += n;
    fclose(f);
    return found;
}

static long kernel(void)
{
    static const char file[] = "/proc/meminfo";

    return proc_number(file, "Slab:") + proc_number(file, "KernelStack:");
}

static void print_memory(struct line *l, long grown)
{
    struct roll_entry *e = calloc(l->waiters, sizeof *e);
    unsigned long n = e ? called(l, e, l->waiters) : 0, i;
    double private = 0, pte = 0;
    char file[64];

    if (n != l->waiters)
        say_die(SAY_SYSTEM, "%lu of %lu wait for %s", n, l->waiters, l->pool);
    for (i = 0; i < n; ++i) {
        snprintf(file, sizeof file, "/proc/%ld/smaps_rollup", (long)e[i].pid);
        private += (double)proc_number(file, "Private_");
        snprintf(file, sizeof file, "/proc/%ld/status", (long)e[i].pid);
        pte += (double)proc_number(file, "VmPTE:");
    }
    free(e);
    printf("memory %.1f %.1f %.1f\n", private / (double)n, pte / (double)n,
           (double)grown / (double)n);
}

static unsigned long number(const char *text)
{
    unsigned long n;

    if (say_number(text, 1, 20000, &n))
        say_die(SAY_USAGE, "%s is not in 1..20000", text);
    return n;
}

int main(int argc, char **argv)
{
    struct rlimit files;
    unsigned long rounds = 10, round;
    unsigned i;
    long before = 0;
    int c;

    say_name("bench-line", "bench-line [-n ROUNDS] PREFIX N...");
    while ((c = say_options(argc, argv, "n:")) != -1)
        rounds = number(optarg);
    if (argc - optind < 2 || argc - optind > LINES + 1)
        say_usage();
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setvbuf(stdout, 0, _IOLBF, 0);
    for (lines = 0; argv[optind + 1 + (int)lines]; ++lines) {
        line[lines].waiters = number(argv[optind + 1 + (int)lines]);
        snprintf(line[lines].pool, CONF_NAME, "%s-%lu", argv[optind],
                 line[lines].waiters);
        before = kernel();
        form(&line[lines], rounds);
    }
    print_memory(&line[lines - 1], kernel() - before);
    for (i = 0; i < lines; ++i)
        settle(&line[i]);
    for (round = 0; round < 2 * rounds; ++round)
        for (i = 0; i < lines; ++i)
            grant(&line[i], round % 2);
    return 0;
}

/* storm: clients that come to $VLAB_SOCKET and go, at random, and a hand that kills them.
   For the tests; run by root.

       storm SECONDS SEED CLIENTS FIRST-UID USERS POOL... >proofs

   If $STORM_RELAY is the socket of another helper, an eighth of the clients come to it
   through vlab-relay, which they kill at times; the helpers at $VLAB_SOCKET may be killed
   meanwhile (t/killer). The command $STORM_NOW is run now and then. What the clients know
   of their boards is printed for t/judge. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "helper.h"
#include "message.h"
#include "say.h"

enum { CLIENTS = 256, PATIENCE = 60000 };

/* What a client knows now. When it is dead, we say it for it. */
struct proof {
    char board[48];
    unsigned uid;
    int fresh, valid;
    long long asked, from, to;
};

static struct {
    struct proof now[CLIENTS];
    unsigned stuck;
} * shared;

static unsigned clients, first_uid, users, pool_count, me;
static char **pools;
static pid_t pids[CLIENTS];
static struct proof *mine;

static unsigned pick(unsigned n)
{
    return (unsigned)rand() % n;
}

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void rest(unsigned milliseconds)
{
    poll(0, 0, (int)milliseconds);
}

static void testify(struct proof *p)
{
    if (!__atomic_load_n(&p->valid, __ATOMIC_ACQUIRE))
        return;
    if (dprintf(1, "%s %u %d %lld %lld %lld\n", p->board, p->uid, p->fresh, p->asked,
                p->from, p->to) < 0)
        say_die_errno("unable to testify");
    __atomic_store_n(&p->valid, 0, __ATOMIC_RELEASE);
}

static void begin(const char *board, int fresh, long long asked, long long from)
{
    snprintf(mine->board, sizeof mine->board, "%s", board);
    mine->uid = first_uid + me % users;
    mine->fresh = fresh;
    mine->asked = asked;
    mine->from = from;
    mine->to = 0;
    __atomic_store_n(&mine->valid, 1, __ATOMIC_RELEASE);
}

/* The next line that begins with one of two words. Returns it, or 0 at the end. */
static char *answer(struct helper *h, const char *a, const char *b)
{
    char *line;
    int k;

    while ((k = helper_line(h, dial_now() + PATIENCE, &line)) == 1)
        if (!strncmp(line, a, strlen(a)) || !strncmp(line, b, strlen(b)))
            return line;
    if (k < 0 && errno == ETIMEDOUT)
        __atomic_fetch_add(&shared->stuck, 1, __ATOMIC_SEQ_CST);
    return 0;
}

/* While we have the board: ask, and note when. Every question says END with last. */
static void prove(struct helper *h, const char *question, const char *last)
{
    long long t;
    unsigned n;

    for (n = pick(4); n; --n) {
        rest(pick(10));
        t = now();
        if (message_send(h->fd, "%s", question) || !answer(h, last, last))
            return;
        __atomic_store_n(&mine->to, t, __ATOMIC_RELEASE);
    }
}

/* Ask for a board in one of the ways there are; returns the answer. */
static char *request(struct helper *h, int *fresh)
{
    static const char *const ways[] = {"", " wait", " wait", " wait 1"};
    unsigned way = pick(4);

    *fresh = pick(4) == 0;
    if (message_send(h->fd, "boardrequest %s%s%s", pools[pick(pool_count)],
                     *fresh ? " new" : "", ways[way]))
        return 0;
    if (way && pick(8) == 0) {
        rest(pick(20));
        return 0;
    }
    return answer(h, "boardassign", "error");
}

static void be_client(void)
{
    static struct helper h;
    char board[48], boards[128], *line;
    long long asked;
    unsigned port, k;
    int fresh;

    if (helper_login(&h, 30, first_uid + me % users, 0, &line)) {
        helper_close(&h);
        return;
    }
    for (k = 1 + pick(3); k; --k) {
        asked = now();
        line = request(&h, &fresh);
        if (!line)
            break;
        if (sscanf(line, "boardassign %39s %u", board, &port) != 2)
            continue;
        snprintf(board + strlen(board), 8, ":%u", port);
        begin(board, fresh, asked, now());
        snprintf(boards, sizeof boards, "userrequest %s", pools[pick(pool_count)]);
        prove(&h, boards, "endlist");
        prove(&h, "help", "ok");
        testify(mine);
        if (pick(64))
            break;
        if (message_send(h.fd, "instanceoffline") || !answer(&h, "ok", "error"))
            break;
    }
    if (pick(2) && message_send(h.fd, "quit") == 0)
        answer(&h, "nothing", "nothing");
    helper_close(&h);
}

static pid_t start_relay(int end)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    if (dup2(end, 0) < 0 || dup2(end, 1) < 0 || close_range(3, ~0u, 0) ||
        setenv("VLAB_SOCKET", getenv("STORM_RELAY"), 1))
        _exit(111);
    execlp("vlab-relay", "vlab-relay", "-c", "-no-shell-", (char *)0);
    _exit(111);
}

static void be_relay_client(void)
{
    static struct helper h;
    long long asked, from, t;
    char board[48], *line;
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        say_die_errno("socketpair");
    pid = start_relay(ends[1]);
    close(ends[1]);
    memset(&h, 0, sizeof h);
    h.fd = ends[0];
    asked = now();
    message_send(h.fd, "connect %s%s", pools[pick(pool_count)], pick(2) ? " wait 5" : "");
    if ((line = answer(&h, "ok", "error")) && *line == 'o') {
        from = t = now();
        message_send(h.fd, "check");
        line = answer(&h, "boardinfo vlab stand-in at ", "error");
        if (line && sscanf(line, "boardinfo vlab stand-in at %47s", board) == 1) {
            begin(board, 0, asked, from);
            mine->to = t;
            prove(&h, "check", "activityinfo");
            testify(mine);
        }
    }
    if (pick(3) == 0)
        kill(pid, SIGKILL);
    helper_close(&h);
    while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
        ;
}

static void start(unsigned i, unsigned seed)
{
    const char *relay = getenv("STORM_RELAY");

    pids[i] = fork();
    if (pids[i] < 0)
        say_die_errno("unable to fork");
    if (pids[i])
        return;
    me = i;
    mine = shared->now + i;
    srand(seed);
    signal(SIGPIPE, SIG_IGN);
    if (setregid(first_uid, first_uid) ||
        setreuid(first_uid + i % users, first_uid + i % users))
        say_die_errno("unable to become user %u", first_uid + i % users);
    for (;;)
        if (relay && i % 8 == 0)
            be_relay_client();
        else
            be_client();
}

static void kill_client(unsigned i)
{
    kill(pids[i], SIGKILL);
    while (waitpid(pids[i], 0, 0) < 0 && errno == EINTR)
        ;
    testify(shared->now + i);
}

int main(int argc, char **argv)
{
    const char *command = getenv("STORM_NOW");
    long long end;
    unsigned i, turns;

    say_name("storm", "storm SECONDS SEED CLIENTS FIRST-UID USERS POOL...");
    if (argc < 7 || atoi(argv[3]) > CLIENTS)
        say_usage();
    shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    if (shared == MAP_FAILED)
        say_die_errno("no memory");
    end = now() + atoi(argv[1]) * 1000000000LL;
    srand((unsigned)atoi(argv[2]));
    clients = (unsigned)atoi(argv[3]);
    first_uid = (unsigned)atoi(argv[4]);
    users = (unsigned)atoi(argv[5]);
    pools = argv + 6;
    pool_count = (unsigned)argc - 6;
    for (i = 0; i < clients; ++i)
        start(i, (unsigned)rand());
    for (turns = 1; now() < end; ++turns) {
        rest(pick(40));
        i = pick(clients);
        kill_client(i);
        start(i, (unsigned)rand());
        if (command && turns % 100 == 0 && system(command))
            say_die(SAY_NO, "%s has failed", command);
    }
    for (i = 0; i < clients; ++i)
        kill_client(i);
    say_info("%u clients killed", turns - 1);
    if (shared->stuck)
        say_die(SAY_NO, "%u answers did not come", shared->stuck);
    return SAY_DONE;
}

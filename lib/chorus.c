#include "chorus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"
#include "dial.h"
#include "forward.h"
#include "keeper.h"

enum { LINE = 4096, OUTPUTS = 2 };

struct chorus_voice {
    unsigned node;
    pid_t pid;
    struct {
        int fd; /* -1: at its end */
        size_t have;
        char line[LINE];
    } out[OUTPUTS];
};

static sigset_t usual;
static int caught;

/* In the child. A group of its own: what the terminal sends to all comes from us, once.
 */
static void __attribute__((noreturn)) become(char **words, pid_t parent, int out, int err)
{
    if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 &&
        getppid() == parent && descriptor_null(0) == 0 && dup2(out, 1) == 1 &&
        dup2(err, 2) == 2 && sigprocmask(SIG_SETMASK, &usual, 0) == 0)
        execvp(words[0], words);
    dprintf(2, "unable to run %s: %s\n", words[0], strerror(errno));
    _exit(errno == ENOENT ? KEEPER_MISSING : KEEPER_CANNOT);
}

int chorus_add(struct chorus *c, unsigned node)
{
    struct chorus_voice *more = realloc(c->voice, (c->count + 1) * sizeof *more), *v;
    char where[24];
    pid_t parent = getpid();
    int ends[OUTPUTS][2];
    if (!more)
        return -1;
    c->voice = more;
    if (!caught && forward_catch(&usual))
        return -1;
    caught = 1;
    for (int i = 0; i < OUTPUTS; i++)
        if (pipe2(ends[i], O_CLOEXEC))
            return -1;
    snprintf(where, sizeof where, "node:%u", node);
    c->words[c->at] = where;
    v = &c->voice[c->count];
    v->node = node;
    v->pid = fork();
    if (v->pid == 0)
        become(c->words, parent, ends[0][1], ends[1][1]);
    if (v->pid < 0)
        return -1;
    for (int i = 0; i < OUTPUTS; i++) {
        close(ends[i][1]);
        v->out[i].fd = ends[i][0];
        v->out[i].have = 0;
    }
    c->count++;
    return 0;
}

static void print(const struct chorus_voice *v, int i, const char *line, size_t n)
{
    FILE *f = i ? stderr : stdout;
    fprintf(f, "%u: ", v->node);
    fwrite(line, 1, n, f);
    putc('\n', f);
}

/* What is there of one output; the lines that are whole, and of the last one what there
   is. */
static void hear(struct chorus_voice *v, int i)
{
    char *line = v->out[i].line, *end;
    size_t *have = &v->out[i].have, n;
    ssize_t r = read(v->out[i].fd, line + *have, LINE - *have);
    if (r < 0 && errno == EINTR)
        return;
    if (r > 0)
        *have += (size_t)r;
    while ((end = memchr(line, '\n', *have))) {
        n = (size_t)(end - line);
        print(v, i, line, n);
        *have -= n + 1;
        memmove(line, end + 1, *have);
    }
    if (*have == LINE || (r <= 0 && *have)) {
        print(v, i, line, *have);
        *have = 0;
    }
    if (r <= 0) {
        close(v->out[i].fd);
        v->out[i].fd = -1;
    }
    fflush(i ? stderr : stdout);
}

static void pass_on(const struct chorus *c)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        {"INT", SIGINT}, {"TERM", SIGTERM}, {"HUP", SIGHUP}, {"QUIT", SIGQUIT}};
    const char *sig;
    while ((sig = forward_next()))
        for (size_t s = 0; s < sizeof signals / sizeof *signals; s++)
            if (strcmp(sig, signals[s].name) == 0)
                for (unsigned i = 0; i < c->count; i++)
                    kill(c->voice[i].pid, signals[s].number);
}

/* Who has ended its output has ended, or will. */
static int ending(const struct chorus *c)
{
    int worst = 0, status, code;
    for (unsigned i = 0; i < c->count; i++) {
        while (waitpid(c->voice[i].pid, &status, 0) < 0)
            if (errno != EINTR)
                return -1;
        code = keeper_code(status);
        if (code > worst)
            worst = code;
    }
    return worst;
}

int chorus_sing(struct chorus *c, int *code)
{
    unsigned n = c->count * OUTPUTS, open;
    struct pollfd *p = calloc(n + 1, sizeof *p);
    if (!p)
        return -1;
    for (;;) {
        open = 0;
        for (unsigned i = 0; i < n; i++) {
            p[i] = (struct pollfd){c->voice[i / OUTPUTS].out[i % OUTPUTS].fd, POLLIN, 0};
            open += p[i].fd >= 0;
        }
        if (!open)
            break;
        if (dial_poll(p, n, -1, &usual) > 0)
            for (unsigned i = 0; i < n; i++)
                if (p[i].fd >= 0 && p[i].revents)
                    hear(&c->voice[i / OUTPUTS], (int)(i % OUTPUTS));
        pass_on(c);
    }
    free(p);
    *code = ending(c);
    return *code < 0 ? -1 : 0;
}

/* A client of 9P2000, by hand. `ninep-talk PROGRAM...` starts a program that serves on
   descriptors 0 and 1, says what the lines of its own descriptor 0 are, and prints the
   answers, one a line. A line that begins with `TAG:` has this tag, and its answer is not
   waited for, but heard later. FID is a number, MODE and TYPE too (0x10).

       version MSIZE VERSION   auth FID   attach FID [ANAME [AFID [USER]]]
       flush TAG   TYPE FID
       walk FID NEWFID NAME...   open FID MODE   create FID NAME PERM MODE
       read FID OFFSET COUNT   write FID OFFSET TEXT   zeros FID OFFSET COUNT
       stat FID   clunk FID   remove FID   wstat FID [KEY=VALUE...]
       owner FID      a stat; of the answer what else it says: user, group, mtime, muid
       entries FID OFFSET COUNT   a read; of the answer how many there are
       ls FID         read a whole directory, and print it sorted
       hear [N]       the next N answers, each with its tag
       many FROM TO LINE   the line for each number, which replaces %; tags of their own
       do COMMAND     run it by the shell
       raw TEXT       bytes
       end            close, and tell how the program ends
*/
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ninep.h"
#include "say.h"

enum { WORDS = 32, MESSAGE = 1 << 20, PATIENCE = 60 /* seconds */ };

static int fd;
static pid_t server;
static unsigned char in[MESSAGE], out[MESSAGE];

static const struct {
    const char *name;
    int type;
} types[] = {
    {"version", NINEP_TVERSION}, {"auth", NINEP_TAUTH},   {"attach", NINEP_TATTACH},
    {"flush", NINEP_TFLUSH},     {"walk", NINEP_TWALK},   {"open", NINEP_TOPEN},
    {"create", NINEP_TCREATE},   {"read", NINEP_TREAD},   {"write", NINEP_TWRITE},
    {"zeros", NINEP_TWRITE},     {"clunk", NINEP_TCLUNK}, {"remove", NINEP_TREMOVE},
    {"stat", NINEP_TSTAT},       {"wstat", NINEP_TWSTAT},
};

static void put(const unsigned char *data, size_t n)
{
    while (n) {
        ssize_t w = send(fd, data, n, MSG_NOSIGNAL);
        if (w < 0 && errno != EINTR)
            say_die_errno("unable to send");
        if (w > 0) {
            data += w;
            n -= (size_t)w;
        }
    }
}

static void get(unsigned char *data, size_t n)
{
    while (n) {
        ssize_t r = read(fd, data, n);
        if (r == 0)
            say_die(SAY_NO, "the server has closed");
        if (r < 0 && errno != EINTR)
            say_die_errno("unable to receive");
        if (r > 0) {
            data += r;
            n -= (size_t)r;
        }
    }
}

static void hear(struct ninep *m)
{
    uint32_t n;
    fflush(stdout);
    alarm(PATIENCE);
    get(in, 4);
    n = ninep_size(in);
    if (n < NINEP_HEADER || n > MESSAGE)
        say_die(SAY_NO, "garbage: size %u", n);
    get(in + 4, n - 4);
    alarm(0);
    if (ninep_parse(m, in, n) < 0 || ninep_asks(m->type))
        say_die(SAY_NO, "garbage: type %u", in[4]);
}

static void say(const struct ninep *m)
{
    size_t n = ninep_pack(out, sizeof out, m);
    if (!n)
        say_die_errno("unable to pack");
    put(out, n);
}

static const char *kind(const struct ninep_qid *q)
{
    return q->type & NINEP_QTDIR ? "dir" : q->version ? "file" : "device";
}

static void print_bytes(const unsigned char *data, uint32_t n)
{
    putchar('"');
    for (uint32_t i = 0; i < n && i < 300; i++)
        if (isprint(data[i]))
            putchar(data[i]);
        else if (data[i] == '\n')
            printf("\\n");
        else
            printf("\\x%02x", data[i]);
    putchar('"');
}

static void print_stat(const struct ninep_stat *s)
{
    printf("%.*s %s %o %" PRIu64, s->name.length, s->name.at, kind(&s->qid), s->mode,
           s->length);
}

static void print(const struct ninep *m)
{
    switch (m->type) {
    case NINEP_RVERSION:
        printf("Rversion %u %.*s", m->msize, m->text.length, m->text.at);
        break;
    case NINEP_RERROR:
        printf("Rerror %.*s", m->text.length, m->text.at);
        break;
    case NINEP_RWALK:
        printf("Rwalk");
        for (unsigned i = 0; i < m->names; i++)
            printf(" %s", kind(&m->qid[i]));
        break;
    case NINEP_RREAD:
        printf("Rread %u ", m->count);
        print_bytes(m->data, m->count);
        break;
    case NINEP_RWRITE:
        printf("Rwrite %u", m->count);
        break;
    case NINEP_RSTAT:
        printf("Rstat ");
        print_stat(&m->stat);
        break;
    case NINEP_RATTACH:
    case NINEP_ROPEN:
    case NINEP_RCREATE:
        printf("R%s %s",
               types[(m->type - 1 - NINEP_TVERSION) / 2 - (m->type > NINEP_TATTACH + 1)]
                   .name,
               kind(m->qid));
        break;
    default:
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (types[i].type == m->type - 1 && strcmp(types[i].name, "zeros"))
                printf("R%s", types[i].name);
    }
    putchar('\n');
}

/* Undo the escapes, in place. */
static uint16_t plain(char *text)
{
    char *to = text;
    const char *at = text;
    unsigned byte;
    while (*at)
        if (at[0] == '\\' && at[1] == 'x' && sscanf(at + 2, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            at += 4;
        } else if (at[0] == '\\' && (at[1] == 'n' || at[1] == 's')) {
            *to++ = at[1] == 'n' ? '\n' : ' ';
            at += 2;
        } else
            *to++ = *at++;
    return (uint16_t)(to - text);
}

static struct ninep_text text(char *word)
{
    struct ninep_text t = {.at = word, .length = plain(word)};
    return t;
}

static void set(struct ninep_stat *s, char *word)
{
    char *value = strchr(word, '=');
    unsigned long long n;
    if (!value)
        say_die(SAY_USAGE, "no KEY=VALUE: %s", word);
    *value++ = 0;
    n = strtoull(value, 0, strcmp(word, "mode") ? 0 : 8);
    if (!strcmp(word, "name"))
        s->name = text(value);
    else if (!strcmp(word, "uid"))
        s->uid = text(value);
    else if (!strcmp(word, "gid"))
        s->gid = text(value);
    else if (!strcmp(word, "muid"))
        s->muid = text(value);
    else if (!strcmp(word, "mode"))
        s->mode = (uint32_t)n;
    else if (!strcmp(word, "mtime"))
        s->mtime = (uint32_t)n;
    else if (!strcmp(word, "atime"))
        s->atime = (uint32_t)n;
    else if (!strcmp(word, "length"))
        s->length = n;
    else if (!strcmp(word, "dev"))
        s->dev = (uint32_t)n;
    else if (!strcmp(word, "type"))
        s->type = (uint16_t)n;
    else if (!strcmp(word, "path"))
        s->qid.path = n;
    else
        say_die(SAY_USAGE, "no such key: %s", word);
}

static unsigned long long number(const char *word)
{
    return word ? strtoull(word, 0, 0) : 0;
}

/* The message that these words are; 0 they are none. */
static int make(struct ninep *m, char **w, unsigned n)
{
    static unsigned char zeros[MESSAGE];
    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(w[0], types[i].name))
            m->type = (uint8_t)types[i].type;
    m->fid = (uint32_t)number(w[1]);
    m->afid = m->type == NINEP_TAUTH ? m->fid : NINEP_NOFID;
    ninep_no_change(&m->stat);
    switch (m->type) {
    case NINEP_TVERSION:
        m->msize = m->fid;
        m->text = n > 2 ? text(w[2]) : ninep_text(NINEP_VERSION);
        break;
    case NINEP_TATTACH:
        m->aname = n > 2 ? text(w[2]) : ninep_text("");
        m->afid = n > 3 ? (uint32_t)number(w[3]) : NINEP_NOFID;
        m->uname = n > 4 ? text(w[4]) : ninep_text("");
        break;
    case NINEP_TFLUSH:
        m->oldtag = (uint16_t)m->fid;
        break;
    case NINEP_TWALK:
        m->newfid = (uint32_t)number(w[2]);
        for (unsigned i = 3; i < n; i++)
            m->name[m->names++] = text(w[i]);
        break;
    case NINEP_TOPEN:
        m->mode = (uint8_t)number(w[2]);
        break;
    case NINEP_TCREATE:
        m->text = text(w[2]);
        m->perm = (uint32_t)strtoul(w[3], 0, 8);
        m->mode = (uint8_t)number(w[4]);
        break;
    case NINEP_TREAD:
    case NINEP_TWRITE:
        m->offset = number(w[2]);
        m->count = (uint32_t)number(w[3]);
        m->data = zeros;
        if (!strcmp(w[0], "write")) {
            m->count = n > 3 ? plain(w[3]) : 0;
            m->data = n > 3 ? (unsigned char *)w[3] : zeros;
        }
        break;
    case NINEP_TWSTAT:
        for (unsigned i = 2; i < n; i++)
            set(&m->stat, w[i]);
        break;
    }
    return m->type;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line for each entry; whole ones only, or ninep_parse_stat would say so. */
static void list(const char *fid)
{
    static char *lines[20000];
    struct ninep m, t = {.type = NINEP_TREAD, .tag = 1, .count = 8000};
    struct ninep_stat s;
    size_t n = 0;
    t.fid = (uint32_t)number(fid);
    for (;;) {
        say(&t);
        hear(&m);
        if (m.type != NINEP_RREAD)
            print(&m);
        if (m.type != NINEP_RREAD || !m.count)
            break;
        for (uint32_t at = 0; at < m.count && n < 20000;) {
            long k = ninep_parse_stat(&s, m.data + at, m.count - at);
            if (k <= 0)
                say_die(SAY_NO, "garbage: an entry");
            if (asprintf(&lines[n++], "%.*s %s %o %" PRIu64, s.name.length, s.name.at,
                         kind(&s.qid), s.mode, s.length) < 0)
                say_die_errno("unable to go on");
            at += (uint32_t)k;
        }
        t.offset += m.count;
    }
    qsort(lines, n, sizeof *lines, by_name);
    for (size_t i = 0; i < n; i++) {
        puts(lines[i]);
        free(lines[i]);
    }
}

static void print_entries(const struct ninep *m)
{
    struct ninep_stat s;
    unsigned n = 0;
    for (uint32_t at = 0; at < m->count; n++) {
        long k = ninep_parse_stat(&s, m->data + at, m->count - at);
        if (k <= 0)
            say_die(SAY_NO, "garbage: an entry");
        at += (uint32_t)k;
    }
    printf("Rread %u, %u entries\n", m->count, n);
}

static void end(void)
{
    int status;
    fflush(stdout);
    shutdown(fd, SHUT_WR);
    alarm(PATIENCE);
    if (waitpid(server, &status, 0) < 0)
        say_die_errno("unable to wait");
    printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void line(char *l, long number_of);

/* With the number for the first % that stands alone. */
static void many(char *l)
{
    unsigned from, to;
    int used;
    if (sscanf(l, "%u %u %n", &from, &to, &used) != 2)
        say_die(SAY_USAGE, "many FROM TO LINE");
    for (unsigned i = from; i <= to; i++) {
        char one[4096], digits[16], *o = one;
        for (const char *at = l + used; *at; at++) {
            snprintf(digits, sizeof digits, "%c", *at);
            if (*at == '%')
                snprintf(digits, sizeof digits, "%u", i);
            o = stpcpy(o, digits);
        }
        line(one, i);
    }
}

/* tag: that it has if none is said; -1: the answer is waited for. */
static void line(char *l, long tag)
{
    char *w[WORDS + 1] = {0}, *rest = l + strcspn(l, " \n");
    static char stat_word[] = "stat", read_word[] = "read";
    struct ninep m;
    unsigned n = 0;
    int is_owner, is_entries;
    if (*l && rest[-1] == ':') {
        tag = strtol(l, 0, 10);
        l = rest + strspn(rest, " ");
        rest = l + strcspn(l, " \n");
    }
    rest += strspn(rest, " ");
    if (!strncmp(l, "do ", 3)) {
        fflush(stdout);
        if (system(rest) != 0)
            printf("failed: %s\n", rest);
        return;
    }
    if (!strncmp(l, "many ", 5)) {
        many(rest);
        return;
    }
    for (char *word = strtok(l, " "); word && n < WORDS; word = strtok(0, " "))
        w[n++] = word;
    if (!n)
        return;
    if (!strcmp(w[0], "hear")) {
        for (unsigned long i = 0; i < (n > 1 ? number(w[1]) : 1); i++) {
            hear(&m);
            printf("%u: ", m.tag);
            print(&m);
        }
        return;
    }
    if (!strcmp(w[0], "ls") && n > 1) {
        list(w[1]);
        return;
    }
    if (!strcmp(w[0], "end")) {
        end();
        return;
    }
    if (!strcmp(w[0], "raw") && n > 1) {
        put((unsigned char *)w[1], plain(w[1]));
        return;
    }
    is_owner = !strcmp(w[0], "owner");
    is_entries = !strcmp(w[0], "entries");
    if (is_owner || is_entries)
        w[0] = is_owner ? stat_word : read_word;
    if (!make(&m, w, n))
        say_die(SAY_USAGE, "no such word: %s", w[0]);
    m.tag = tag < 0 ? 1 : (uint16_t)tag;
    say(&m);
    if (tag >= 0)
        return;
    for (hear(&m); m.tag != 1; hear(&m)) {
        printf("%u: ", m.tag);
        print(&m);
    }
    if (is_owner && m.type == NINEP_RSTAT)
        printf("%.*s %.*s %u%s%.*s\n", m.stat.uid.length, m.stat.uid.at,
               m.stat.gid.length, m.stat.gid.at, m.stat.mtime,
               m.stat.muid.length ? " " : "", m.stat.muid.length, m.stat.muid.at);
    else if (is_entries && m.type == NINEP_RREAD)
        print_entries(&m);
    else
        print(&m);
}

int main(int argc, char **argv)
{
    static char l[70000];
    int s[2];
    say_name("ninep-talk", "ninep-talk PROGRAM...");
    if (argc < 2)
        say_usage();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) < 0)
        say_die_errno("unable to make a connection");
    fd = s[0];
    server = fork();
    if (server < 0)
        say_die_errno("unable to fork");
    if (server == 0) {
        dup2(s[1], 0);
        dup2(s[1], 1);
        execvp(argv[1], argv + 1);
        say_die_errno("unable to run %s", argv[1]);
    }
    close(s[1]);
    while (fgets(l, sizeof l, stdin)) {
        l[strcspn(l, "\n")] = 0;
        line(l, -1);
    }
    return 0;
}

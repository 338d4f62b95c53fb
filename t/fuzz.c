/* fuzz: talk nonsense to vlab-mutex over a pipe, and count its answers: each command gets
   exactly one END. For the tests: `fuzz ROUNDS SEED WORD...`; the words are mixed with
   the commands. What a line is, lib/lines decides here as there. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "helper.h"
#include "lines.h"
#include "message.h"
#include "say.h"

enum { BATCH = 100000, PATIENCE = 30000 };

static const char *const verbs[] = {"setuid",
                                    "boardrequest",
                                    "userrequest",
                                    "rem",
                                    "help",
                                    "rem",
                                    "SetUID",
                                    "new",
                                    "wait",
                                    "userinfo",
                                    "ok",
                                    "error",
                                    "1",
                                    "0",
                                    "-1",
                                    "4294967296",
                                    "1e9",
                                    "%n%s",
                                    "",
                                    "BOARDREQUEST",
                                    "exit?",
                                    "endlist",
                                    "\x1b[",
                                    "reloadmutex",
                                    "list"};
enum { VERBS = sizeof verbs / sizeof *verbs };

static char **words;
static unsigned word_count;
static struct helper answers;
static int questions;
static pid_t pid;

static char batch[BATCH];
static size_t length;
static struct lines model;
static unsigned expected;
static int quits;

static unsigned pick(unsigned n)
{
    return (unsigned)rand() % n;
}

static void start(void)
{
    int in[2], out[2];

    if (pipe(in) || pipe(out))
        say_die_errno("unable to make a pipe");
    pid = fork();
    if (pid < 0)
        say_die_errno("unable to fork");
    if (pid == 0) {
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || close_range(3, ~0u, 0))
            _exit(111);
        execlp("vlab-mutex", "vlab-mutex", "-e", (char *)0);
        _exit(111);
    }
    close(in[0]);
    close(out[1]);
    questions = in[1];
    memset(&answers, 0, sizeof answers);
    memset(&model, 0, sizeof model);
    answers.fd = out[0];
}

static void finish(void)
{
    int status;

    close(questions);
    helper_close(&answers);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            say_die_errno("wait");
    if (status)
        say_die(SAY_NO, "the helper ended with status %#x", status);
}

/* What the helper will make of a whole line. */
static void judge_line(char *line)
{
    char *word[2];

    if (message_split(line, word, 2) == 0 || message_is(word[0], "rem"))
        return;
    if (message_is_quit(word[0]))
        quits = 1;
    else
        ++expected;
}

static void put(const char *bytes, size_t n)
{
    size_t at;

    if (n > sizeof batch - length)
        say_die(SAY_SYSTEM, "the batch is full");
    memcpy(batch + length, bytes, n);
    for (at = 0; at < n && !quits;) {
        at += lines_feed(&model, bytes + at, n - at);
        if (model.whole)
            judge_line(model.text);
    }
    length += n;
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

static void put_noise(unsigned n)
{
    char byte;

    for (; n; --n) {
        byte = (char)pick(256);
        put(&byte, 1);
    }
}

static void put_word(void)
{
    const char *word = pick(2) ? verbs[pick(VERBS)] : words[pick(word_count)];

    put_text(word);
    put_text(pick(2) ? " " : " \t");
}

/* Some of it makes sense, or the helper would never come far. */
static void put_sense(void)
{
    static const char *const before[] = {"setuid ", "boardrequest ", "BoardRequest\t ",
                                         "userrequest "};
    static const char *const behind[] = {"", " new", " wait", "  NEW wait 1 "};
    unsigned n = pick(4);

    if (pick(40) == 0) {
        put_text("instanceoffline");
        return;
    }
    put_text(before[n]);
    put_text(words[n == 0]);
    if (n == 1 || n == 2)
        put_text(behind[pick(4)]);
}

static void put_piece(void)
{
    static const char *const ends[] = {"\n", "\r", "\r\n", "\n\n", "", "\b\n", "\x7f"};
    const char *end = ends[pick(7)], *verb = verbs[pick(pick(20) ? 6 : VERBS)];
    unsigned n;

    if (pick(12) == 0)
        put_noise(pick(pick(20) ? 40 : 3000));
    else if (pick(2))
        put_sense();
    else {
        put_text(verb);
        put_text(" ");
        for (n = pick(5); n; --n)
            put_word();
    }
    if (pick(10) == 0)
        put_noise(1);
    if (pick(100) == 0)
        put_text("\nquit\n");
    put_text(end);
}

static void send_batch(void)
{
    size_t at = 0, n;
    ssize_t w;

    while (at < length) {
        n = 1 + pick(pick(2) ? 10 : 4000);
        w = write(questions, batch + at, n < length - at ? n : length - at);
        if (w < 0 && errno == EPIPE && quits)
            return;
        if (w < 0)
            say_die_errno("unable to write to the helper");
        at += (size_t)w;
    }
}

/* The next END. Returns it, or 0 at the end of the connection. */
static const char *next_end(void)
{
    char *line, *at;
    int k;

    while ((k = helper_line(&answers, dial_now() + PATIENCE, &line)) == 1) {
        for (at = line; *at; ++at)
            if (*at < ' ' || *at > '~')
                say_die(SAY_NO, "the helper says byte %d", *at);
        if (message_is_end(line))
            return line;
    }
    if (k < 0)
        say_die_errno("no answer");
    return 0;
}

static void one_round(void)
{
    const char *line = "";
    unsigned n, heard;

    length = expected = 0;
    for (n = pick(20); n && !quits; --n)
        put_piece();
    /* The last answer is known: so none was too many, and none is missing. */
    put_text("\nhelp\n");
    send_batch();
    for (heard = 0; heard < expected; ++heard) {
        line = next_end();
        if (!line)
            say_die(SAY_NO, "%u answers instead of %u", heard, expected);
    }
    if (!quits && strncmp(line, "ok setuid", 9) != 0)
        say_die(SAY_NO, "the last of %u answers is `%s`", expected, line);
    if (!quits)
        return;
    if (next_end())
        say_die(SAY_NO, "an answer after the end");
    finish();
    start();
    quits = 0;
}

int main(int argc, char **argv)
{
    unsigned rounds;

    say_name("fuzz", "fuzz ROUNDS SEED POOL UID WORD...");
    if (argc < 5)
        say_usage();
    signal(SIGPIPE, SIG_IGN);
    srand((unsigned)atoi(argv[2]));
    words = argv + 3;
    word_count = (unsigned)argc - 3;
    start();
    for (rounds = (unsigned)atoi(argv[1]); rounds; --rounds)
        one_round();
    finish();
    return SAY_DONE;
}

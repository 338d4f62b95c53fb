/* A client of a launcher, by hand. `frames SOCKET` reads commands and prints what it is
   sent, a frame on each line: its type and its payload, escaped; of a stream's bytes only
   how many have come since the last line. Commands are

       l TEXT   w TEXT   p TEXT   a frame of this type; \n \t \xNN stand for bytes
       0 TEXT                     bytes of standard input, or its end
       zeros N                    N zero bytes of it, in frames
       c STREAM BYTES   x STREAM  credit; no more of it
       raw TEXT                   bytes
       noise N SEED               N random bytes
       flood N LINE               a line, N times
       deaf                       read no more
       generous                   give back the credit for what comes, unasked
*/
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame.h"
#include "say.h"

static int fd, deaf, generous;
static unsigned long long count[FRAME_STREAMS];

static void put(const char *data, size_t n)
{
    while (n) {
        ssize_t w = send(fd, data, n, MSG_NOSIGNAL);
        if (w < 0 && errno != EINTR)
            return;
        if (w > 0) {
            data += w;
            n -= (size_t)w;
        }
    }
}

static void put_frame(int type, const char *data, size_t n)
{
    char head[FRAME_HEAD];
    frame_head(head, FRAME_LINE, 0, n);
    head[0] = (char)type;
    put(head, sizeof head);
    put(data, n);
}

static void put_credit(unsigned stream, size_t n)
{
    char payload[FRAME_CREDIT_SIZE];
    frame_credit(payload, stream, n);
    put_frame(FRAME_CREDIT, payload, sizeof payload);
}

/* Undo the escapes, in place. Returns how many bytes it is. */
static size_t plain(char *text)
{
    char *out = text;
    const char *at = text;
    unsigned byte;
    while (*at) {
        if (at[0] == '\\' && at[1] == 'x' && sscanf(at + 2, "%2x", &byte) == 1) {
            *out++ = (char)byte;
            at += 4;
        } else if (at[0] == '\\' && (at[1] == 'n' || at[1] == 't')) {
            *out++ = at[1] == 'n' ? '\n' : '\t';
            at += 2;
        } else
            *out++ = *at++;
    }
    return (size_t)(out - text);
}

static void put_zeros(unsigned long n)
{
    static const char zeros[FRAME_PAYLOAD];
    for (; n; n -= n > FRAME_PAYLOAD ? FRAME_PAYLOAD : n)
        put_frame(FRAME_DATA, zeros, n > FRAME_PAYLOAD ? FRAME_PAYLOAD : n);
}

static void put_noise(unsigned n, unsigned seed)
{
    srandom(seed);
    while (n--) {
        char byte = (char)(random() >> 8);
        put(&byte, 1);
    }
}

static void put_flood(char *text)
{
    unsigned long n = strtoul(text, &text, 10);
    while (n--)
        put_frame(FRAME_LINE, text + 1, strlen(text + 1));
}

static void obey(char *line)
{
    char *rest = line + strcspn(line, " ");
    unsigned n = 0, m = 0;
    int one = rest == line + 1;
    if (*rest)
        *rest++ = 0;
    if (one && strchr("lwp0", *line))
        put_frame(*line, rest, plain(rest));
    else if (!strcmp(line, "c") && sscanf(rest, "%u %u", &n, &m) == 2)
        put_credit(n, m);
    else if (!strcmp(line, "x"))
        put_frame(FRAME_CLOSE, rest, 1);
    else if (!strcmp(line, "raw"))
        put(rest, plain(rest));
    else if (!strcmp(line, "zeros"))
        put_zeros(strtoul(rest, 0, 10));
    else if (!strcmp(line, "noise") && sscanf(rest, "%u %u", &n, &m) == 2)
        put_noise(n, m);
    else if (!strcmp(line, "flood"))
        put_flood(rest);
    else if (!strcmp(line, "deaf"))
        deaf = 1;
    else if (!strcmp(line, "generous"))
        generous = 1;
    else
        say_die(SAY_USAGE, "%s is no command", line);
}

static void show(const struct frame *f)
{
    static char text[FRAME_LINE_MAX + 1], out[4 * sizeof text];
    if (f->type == FRAME_DATA) {
        count[f->stream] += f->length;
        if (generous && f->length)
            put_credit(f->stream, f->length);
        if (!f->length)
            printf("%u end after %llu\n", f->stream, count[f->stream]);
        return;
    }
    if (f->type == FRAME_CREDIT)
        snprintf(text, sizeof text, "%u %zu", f->stream, f->credit);
    else if (f->type == FRAME_CLOSE)
        snprintf(text, sizeof text, "%u", f->stream);
    else
        snprintf(text, sizeof text, "%.*s", (int)f->length, f->data);
    printf("%c %s\n", f->type, say_escape(out, sizeof out, text));
}

static int hear(void)
{
    static char in[4 * FRAME_MAX];
    static size_t have;
    struct frame f;
    ssize_t n = read(fd, in + have, sizeof in - have);
    if (n <= 0)
        return 0;
    have += (size_t)n;
    while ((n = frame_parse(&f, in, have)) > 0) {
        show(&f);
        have -= (size_t)n;
        memmove(in, in + n, have);
    }
    fflush(stdout);
    return n == 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    static char line[65536];
    say_name("frames", "frames SOCKET");
    if (say_options(argc, argv, "") != -1 || argc != 2)
        say_usage();
    setvbuf(stdin, 0, _IONBF, 0);
    strncpy(to.sun_path, argv[1], sizeof to.sun_path - 1);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to))
        say_die_errno("unable to connect to %s", argv[1]);
    for (;;) {
        struct pollfd p[2] = {{.fd = 0, .events = POLLIN},
                              {.fd = deaf ? -1 : fd, .events = POLLIN}};
        if (poll(p, 2, -1) < 0)
            continue;
        if (p[1].revents && !hear()) {
            puts("gone");
            return 0;
        }
        if (!p[0].revents)
            continue;
        if (!fgets(line, sizeof line, stdin))
            return 0;
        line[strcspn(line, "\n")] = 0;
        obey(line);
    }
}

#include "message.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CODE(upper, lower, text) #lower,
#define TEXT(upper, lower, text) text,
static const char *const codes[] = {MESSAGE_CODES(CODE)};
static const char *const texts[] = {MESSAGE_CODES(TEXT)};

const char *message_code(enum message_code code)
{
    return codes[code];
}

const char *message_text(enum message_code code)
{
    return texts[code];
}

enum message_code message_find(const char *word)
{
    int i = 0;
    while (i < MESSAGE_CODE_COUNT && strcasecmp(word, codes[i]))
        i++;
    return i;
}

/* Not isspace(3): a locale must not change the protocol. */
static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int message_split(char *line, char **words, int max)
{
    int n = 0;
    char *end = line + strlen(line);
    while (end > line && is_space(end[-1]))
        *--end = 0;
    for (int i = 0; i < max; i++) {
        while (is_space(*line))
            *line++ = 0;
        words[i] = line;
        if (!*line)
            continue;
        n++;
        if (i < max - 1)
            while (*line && !is_space(*line))
                line++;
    }
    return n;
}

int message_is(const char *word, const char *name)
{
    return !strcasecmp(word, name);
}

static int is_among(const char *word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (message_is(word, names[i]))
            return 1;
    return 0;
}

int message_is_quit(const char *word)
{
    static const char *const quits[] = {"exit", "quit", "bye", "logoff"};
    return is_among(word, quits, sizeof quits / sizeof *quits);
}

int message_is_end(const char *line)
{
    static const char *const ends[] = {"ok",          "error",    "endlist",
                                       "usinguart",   "loaded",   "activityinfo",
                                       "boardassign", "loadready"};
    char word[16];
    size_t n = 0;
    while (is_space(*line))
        line++;
    while (line[n] && !is_space(line[n]) && n < sizeof word - 1) {
        word[n] = line[n];
        n++;
    }
    word[n] = 0;
    return is_among(word, ends, sizeof ends / sizeof *ends);
}

const char *message_error(char *why, const char **code)
{
    char *word[2];
    message_split(why, word, 2);
    if (code)
        *code = word[0];
    return *word[1] ? word[1] : word[0];
}

int message_write(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t w = send(fd, data, n, MSG_NOSIGNAL);
        if (w < 0 && errno == ENOTSOCK)
            w = write(fd, data, n);
        if (w >= 0) {
            data += w;
            n -= w;
        } else if (errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            if (poll(&p, 1, -1) < 0 && errno != EINTR)
                return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

size_t message_format(char *line, const char *format, va_list args)
{
    int n = vsnprintf(line, MESSAGE_LINE, format, args);
    if (n < 0)
        n = 0;
    if (n > MESSAGE_LINE - 1)
        n = MESSAGE_LINE - 1;
    for (int i = 0; i < n; i++)
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    line[n] = '\n';
    return n + 1;
}

int message_send(int fd, const char *format, ...)
{
    char line[MESSAGE_LINE];
    va_list args;
    va_start(args, format);
    size_t n = message_format(line, format, args);
    va_end(args);
    return message_write(fd, line, n);
}

#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { LINE = 1024 };

static const char *name = "vlab";
static const char *forms = ""; /* and behind an empty line, what it does */
static int syslogging;

void say_name(const char *program, const char *usage)
{
    name = program;
    forms = usage;
}

void say_to_syslog(void)
{
    openlog(name, LOG_PID, LOG_DAEMON);
    syslogging = 1;
}

void say_forked(void)
{
    if (!syslogging)
        return;
    /* The connection is a descriptor that syslog(3) would go on using. */
    closelog();
    say_to_syslog();
}

static int put(int fd, const char *text, size_t n)
{
    ssize_t w;

    while (n && ((w = write(fd, text, n)) > 0 || (w < 0 && errno == EINTR)))
        if (w > 0) {
            text += w;
            n -= (size_t)w;
        }
    return n ? -1 : 0;
}

static void say(int priority, const char *level, const char *format, va_list args,
                const char *why)
{
    char line[LINE];
    size_t n, i;
    int k;

    k = snprintf(line, sizeof line, "%s: %s", name, level);
    n = k < 0 ? 0 : (size_t)k;
    k = vsnprintf(line + n, sizeof line - n, format, args);
    n += k < 0 ? 0 : (size_t)k;
    if (n > sizeof line - 1)
        n = sizeof line - 1;
    if (why) {
        k = snprintf(line + n, sizeof line - n, ": %s", why);
        n += k < 0 ? 0 : (size_t)k;
        if (n > sizeof line - 1)
            n = sizeof line - 1;
    }
    for (i = 0; i < n; ++i)
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    if (syslogging) {
        syslog(priority, "%.*s", (int)(n - strlen(name) - 2), line + strlen(name) + 2);
        return;
    }
    line[n++] = '\n';
    put(2, line, n);
}

void say_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(LOG_INFO, "", format, args, 0);
    va_end(args);
}

void say_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(LOG_WARNING, "warning: ", format, args, 0);
    va_end(args);
}

void say_warn_errno(const char *format, ...)
{
    const char *why = strerror(errno);
    va_list args;

    va_start(args, format);
    say(LOG_WARNING, "warning: ", format, args, why);
    va_end(args);
}

void say_die(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(LOG_ERR, "fatal: ", format, args, 0);
    va_end(args);
    exit(code);
}

void say_die_errno(const char *format, ...)
{
    const char *why = strerror(errno);
    va_list args;

    va_start(args, format);
    say(LOG_ERR, "fatal: ", format, args, why);
    va_end(args);
    exit(SAY_SYSTEM);
}

/* Print the forms. Returns what is behind them. */
static const char *print_usage(int fd)
{
    const char *line, *lead = "usage: ";
    char text[LINE];
    int n;

    for (line = forms; *line && *line != '\n'; line += *line == '\n') {
        n = (int)strcspn(line, "\n");
        n = snprintf(text, sizeof text, "%s%.*s\n", lead, n, line);
        if (put(fd, text, (size_t)n) < 0 && fd == 1)
            say_die_errno("unable to print the usage");
        line += strcspn(line, "\n");
        lead = "       ";
    }
    return line;
}

static void help(void)
{
    const char *what = print_usage(1);

    if (put(1, what, strlen(what)) < 0 || (*what && put(1, "\n", 1) < 0))
        say_die_errno("unable to print the usage");
    exit(SAY_DONE);
}

static void version(void)
{
    char text[LINE];
    int n = snprintf(text, sizeof text, "%s " VLAB_VERSION "\n", name);

    if (put(1, text, (size_t)n) < 0)
        say_die_errno("unable to print the version");
    exit(SAY_DONE);
}

void say_usage(void)
{
    print_usage(2);
    exit(SAY_USAGE);
}

int say_options(int argc, char **argv, const char *letters)
{
    enum { HELP = 256 };
    static const struct option words[] = {
        {"help", no_argument, 0, HELP}, {"version", no_argument, 0, 'V'}, {0, 0, 0, 0}};
    char all[64];
    int c;

    snprintf(all, sizeof all, "+%shV", letters);
    c = getopt_long(argc, argv, all, words, 0);
    if (c == HELP || (c == 'h' && !strchr(letters, 'h')))
        help();
    if (c == 'V')
        version();
    if (c == '?')
        say_usage();
    return c;
}

char *say_escape(char *out, size_t size, const char *text)
{
    static const char plain[] = "\n\r\t\\\"", letter[] = "nrt\\\"",
                      hex[] = "0123456789abcdef";
    const unsigned char *t = (const unsigned char *)text;
    const char *found;
    size_t n = 0;

    for (; *t && n + 5 <= size; ++t) {
        found = strchr(plain, *t);
        if (found) {
            out[n++] = '\\';
            out[n++] = letter[found - plain];
        } else if (*t < ' ' || *t > '~') {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = hex[*t >> 4];
            out[n++] = hex[*t & 15];
        } else
            out[n++] = (char)*t;
    }
    if (size)
        out[n] = 0;
    return out;
}

int say_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
    unsigned long n;
    char *end;

    if (*text < '0' || *text > '9') {
        errno = EINVAL;
        return -1;
    }
    errno = 0;
    n = strtoul(text, &end, 10);
    if (*end) {
        errno = EINVAL;
        return -1;
    }
    if (errno || n < min || n > max) {
        errno = ERANGE;
        return -1;
    }
    *out = n;
    return 0;
}

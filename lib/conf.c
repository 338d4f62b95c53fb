#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <scan.h>

#include "roll.h"

const struct conf_setting conf_settings[CONF_SETTINGS] = {
    [CONF_PORT] = {"port", 1, 65535, 7020},
    [CONF_OFFLINE] = {"offline", 1, 86400, 60},
    [CONF_TIMEOUT] = {"timeout", 1, 604800, 600},
    [CONF_SESSIONS] = {"sessions", 1, 1024, 64},
    [CONF_ALIVE] = {"alive", 1, 3600, 30},
};

enum { CDB_POINTERS = 2048 }; /* every cdb begins with a table of this size */

int conf_open(struct conf *c)
{
    char path[PATH_MAX];

    memset(c, 0, sizeof *c);
    c->fd = -1;
    if (roll_path(path, sizeof path, "config.cdb", 0) < 0)
        return -1;
    /* Who is root and reads it follows and waits for nothing that others have put there;
       and what is no file has no size to be mapped. */
    do
        c->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (c->fd < 0 && errno == EINTR);
    if (c->fd < 0)
        return -1;
    cdb_init(&c->cdb, c->fd);
    if (!c->cdb.map || c->cdb.size < CDB_POINTERS) {
        conf_close(c);
        errno = EPROTO;
        return -1;
    }
    return 0;
}

const char *conf_error(int e)
{
    return e == ENOENT ? "there is no configuration: run vlab-compile-config first"
                       : "the configuration cannot be read: run vlab-compile-config";
}

int conf_have(struct conf *c)
{
    return c->fd < 0 ? conf_open(c) : 0;
}

void conf_close(struct conf *c)
{
    if (c->fd < 0)
        return;
    cdb_free(&c->cdb);
    close(c->fd);
    c->fd = -1;
}

int conf_find(struct conf *c, const char *kind, const char *name,
              struct conf_lines *lines)
{
    char key[16 + CONF_ADDRESS];
    int length =
        snprintf(key, sizeof key, "%s%s%s", kind, name ? ":" : "", name ? name : "");
    int found;

    if (length < 0 || (size_t)length >= sizeof key)
        return 0;
    found = cdb_find(&c->cdb, (unsigned char *)key, length);
    if (found == 0)
        return 0;
    if (found < 0 || c->cdb.dpos > c->cdb.size ||
        c->cdb.dlen > c->cdb.size - c->cdb.dpos) {
        errno = EPROTO;
        return -1;
    }
    lines->at = c->cdb.map + c->cdb.dpos;
    lines->left = c->cdb.dlen;
    return 1;
}

int conf_line(struct conf_lines *lines, const char *word, char *value)
{
    size_t word_length = strlen(word);

    while (lines->left) {
        const char *line = lines->at, *newline = memchr(line, '\n', lines->left);
        size_t n = newline ? (size_t)(newline - line) : lines->left;
        size_t used = newline ? n + 1 : n;

        lines->at += used;
        lines->left -= used;
        if (n <= word_length || line[word_length] != ' ' ||
            memcmp(line, word, word_length))
            continue;
        line += word_length + 1;
        n -= word_length + 1;
        if (n == 0 || n >= CONF_WORD || memchr(line, 0, n))
            continue;
        memcpy(value, line, n);
        value[n] = 0;
        return 1;
    }
    return 0;
}

unsigned long conf_number(struct conf_lines lines, const struct conf_setting *s)
{
    char value[CONF_WORD];
    unsigned long n;
    size_t used;

    if (!conf_line(&lines, s->name, value))
        return s->normal;
    used = scan_ulong(value, &n);
    return used && !value[used] && n >= s->min && n <= s->max ? n : s->normal;
}

unsigned conf_setting(struct conf *c, int which)
{
    struct conf_lines lines;

    if (c->fd < 0 || conf_find(c, "settings", 0, &lines) != 1)
        return conf_settings[which].normal;
    return conf_number(lines, &conf_settings[which]);
}

/* Do the lines hold `WORD VALUE`? */
static int has_line(struct conf_lines lines, const char *word, const char *value)
{
    char other[CONF_WORD];

    while (conf_line(&lines, word, other))
        if (strcmp(value, other) == 0)
            return 1;
    return 0;
}

int conf_trusts(struct conf *c, const char *ip)
{
    struct conf_lines lines;

    return c->fd >= 0 && conf_find(c, "settings", 0, &lines) == 1 &&
           has_line(lines, "trust", ip);
}

static int find_uid(struct conf *c, uid_t uid, struct conf_lines *lines)
{
    char number[24];

    snprintf(number, sizeof number, "%lu", (unsigned long)uid);
    return conf_find(c, "uid", number, lines);
}

int conf_may(struct conf *c, uid_t uid, const char *kind, const char *name)
{
    static const char *const words[] = {"user", "group"};
    struct conf_lines allowed, user, rest;
    char value[CONF_WORD];
    size_t i;
    int found = conf_find(c, kind, name, &allowed);

    if (found == 0)
        errno = ENOENT;
    if (found != 1)
        return -1;
    found = find_uid(c, uid, &user);
    if (found != 1)
        return found;
    for (i = 0; i < 2; i++)
        for (rest = allowed; conf_line(&rest, words[i], value);)
            if (has_line(user, words[i], value))
                return 1;
    return 0;
}

void conf_user(struct conf *c, uid_t uid, char *name)
{
    struct conf_lines lines;
    char value[CONF_WORD];

    if (c->fd >= 0 && find_uid(c, uid, &lines) == 1 && conf_line(&lines, "user", value) &&
        conf_is_name(value))
        memcpy(name, value, strlen(value) + 1);
    else
        snprintf(name, CONF_NAME, "%lu", (unsigned long)uid);
}

static int is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
}

int conf_is_name(const char *text)
{
    size_t n;

    for (n = 0; n < CONF_NAME && is_name_character(text[n]); n++)
        ;
    return n > 0 && n < CONF_NAME && text[n] == 0 && text[0] != '.' && text[0] != '-';
}

#include "doubts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "words.h"

enum {
    OLD_KEEP_ALIVE = 40, /* seconds */
    ROOM = 4096          /* bytes of a command's words */
};

static void doubt_timeout(const struct parse *p, struct errors *doubts)
{
    unsigned line;

    if (parse_number(p, p->section[PARSE_SETTINGS], PARSE_TIMEOUT, &line) <=
        OLD_KEEP_ALIVE)
        errors_add(doubts, line,
                   "VL2's client is silent for %d seconds at a time, and will be cut off",
                   OLD_KEEP_ALIVE);
}

/* Relays on this host ask the pools, those on others must be trusted. */
static void doubt_boards(const struct parse *p, struct errors *doubts)
{
    const struct names *boards = &p->names[PARSE_BOARD];
    unsigned i;

    if (p->values[PARSE_TRUST].count)
        return;
    for (i = 0; i < boards->count; i++)
        if (p->section[PARSE_BOARD][i].given & ~(1u << PARSE_AT) &&
            names_find(&p->values[PARSE_ADDRESS], boards->text[i]) == NAMES_NONE)
            errors_add(doubts, p->section[PARSE_BOARD][i].line,
                       "board \"%s\" is in no pool, and \"trust\" names no relay: only "
                       "root can use it",
                       boards->text[i]);
}

static int look_at(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return -1;
    if (S_ISREG(st.st_mode))
        return access(path, X_OK);
    errno = EACCES;
    return -1;
}

/* Could the program not be run? -1 and errno then. Like execvp(3) it looks on behind one
   that may not be run, and tells of that when there is no other. */
static int look_for(const char *program, const char *dir)
{
    char path[sizeof WORDS_PATH + ROOM];
    int n, e = 0;

    if (*program == '/')
        return look_at(program);
    for (; *dir; dir += n + (dir[n] == ':')) {
        n = (int)strcspn(dir, ":");
        snprintf(path, sizeof path, "%.*s/%s", n, dir, program);
        if (look_at(path) == 0)
            return 0;
        if (e != EACCES)
            e = errno;
    }
    errno = e;
    return -1;
}

static void doubt_command(unsigned key, unsigned line, const char *text,
                          struct errors *doubts)
{
    static const char *const values[] = {"\1", "", "", ""}; /* of DEVICE_PROGRAM */
    char room[ROOM], *argv[WORDS_MAX + 1], **w = argv;

    if (words_split(text, parse_keys[key].letters, values, room, sizeof room, argv) < 0)
        return;
    if (look_for(argv[0], key == PARSE_COMMAND ? WORDS_PATH_CALLER : WORDS_PATH))
        errors_add(doubts, line, "unable to run \"%s\" on this host: %s",
                   parse_shown(argv[0]), strerror(errno));
    while (key == PARSE_PROGRAM && *w && !strchr(*w, *values[0]))
        w++;
    if (key == PARSE_PROGRAM && !*w)
        errors_add(doubts, line, "\"program\" is not told the bit file: write %%f");
}

static void doubt_dir(unsigned line, const char *path, struct errors *doubts)
{
    struct stat st;

    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return;
        errno = ENOTDIR;
    }
    errors_add(doubts, line, "unable to use the directory \"%s\" of this host: %s",
               parse_shown(path), strerror(errno));
}

void doubts_find(const struct parse *p, struct errors *doubts)
{
    const struct parse_entry *e;
    unsigned seen[PARSE_KEYS] = {0}; /* values are numbered in the order they came */

    doubt_timeout(p, doubts);
    doubt_boards(p, doubts);
    for (e = p->entry; e < p->entry + p->entries; e++) {
        const char *value = p->values[e->key].text[e->value];

        if (e->value < seen[e->key])
            continue;
        seen[e->key] = e->value + 1;
        if (e->key == PARSE_DIR)
            doubt_dir(e->line, value, doubts);
        else if (parse_keys[e->key].letters) /* it is a command */
            doubt_command(e->key, e->line, value, doubts);
    }
}

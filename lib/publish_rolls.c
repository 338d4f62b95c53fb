#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish.h"
#include "roll.h"

/* A kind of rolls, one for each of the names. */
struct kind {
    const char *name;
    const struct names *names;
    DIR *dir;
    char *found; /* of each name: is its roll there? */
    unsigned missing;
};

/* What is in these is made when it is needed. */
static const char *const empty[] = {"user", "slot", "queue", "visit",
                                    "told", "bits", "node"};

const char *publish_doing(const char *verb, const char *first, const char *second)
{
    static char text[PATH_MAX + 32];

    snprintf(text, sizeof text, "%s %s/%s%s%s", verb, roll_state(), first,
             second ? "/" : "", second ? second : "");
    return text;
}

static int make_directory(const char *kind, const char **what)
{
    char path[PATH_MAX];

    *what = publish_doing("make", kind, 0);
    return roll_path(path, sizeof path, kind, 0) < 0 ||
                   (mkdir(path, 0750) < 0 && errno != EEXIST)
               ? -1
               : 0;
}

static int make_empty(const char **what)
{
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        if (make_directory(empty[i], what) < 0)
            return -1;
    return 0;
}

/* Find those that are there. */
static int look(struct kind *k, const char **what)
{
    char path[PATH_MAX];
    struct dirent *e;
    unsigned n;

    if (make_directory(k->name, what) < 0)
        return -1;
    *what = publish_doing("read", k->name, 0);
    k->missing = k->names->count;
    k->found = calloc((size_t)k->names->count + 1, 1);
    if (!k->found || roll_path(path, sizeof path, k->name, 0) < 0)
        return -1;
    k->dir = opendir(path);
    if (!k->dir)
        return -1;
    while (errno = 0, (e = readdir(k->dir))) {
        n = names_find(k->names, e->d_name);
        if (n == NAMES_NONE || k->found[n])
            continue;
        k->found[n] = 1;
        --k->missing;
    }
    return errno ? -1 : 0;
}

/* Make the others; done of them all are made before. */
static int make(const struct kind *k, unsigned done, unsigned all, publish_made *made,
                const char **what)
{
    unsigned i;

    for (i = 0; i < k->names->count; i++) {
        if (k->found[i])
            continue;
        if (roll_make(dirfd(k->dir), k->names->text[i]) < 0) {
            *what = publish_doing("make the roll", k->name, k->names->text[i]);
            return -1;
        }
        made(++done, all);
    }
    *what = publish_doing("sync", k->name, 0);
    return k->missing ? fsync(dirfd(k->dir)) : 0;
}

static void forget(struct kind *k)
{
    int saved = errno;

    free(k->found);
    if (k->dir)
        closedir(k->dir);
    errno = saved;
}

static int make_wall(const char **what)
{
    struct roll r;

    *what = publish_doing("make the roll", "wall", 0);
    if (roll_open(&r, "wall", 0, ROLL_CREATE) < 0)
        return -1;
    roll_close(&r);
    return 0;
}

int publish_rolls(const struct parse *p, publish_made *made, const char **what)
{
    struct kind board = {.name = "board", .names = &p->values[PARSE_ADDRESS]};
    struct kind line = {.name = "line", .names = &p->names[PARSE_POOL]};
    int result = -1;

    if (make_empty(what) == 0 && look(&board, what) == 0 && look(&line, what) == 0 &&
        make(&board, 0, board.missing + line.missing, made, what) == 0 &&
        make(&line, board.missing, board.missing + line.missing, made, what) == 0 &&
        make_wall(what) == 0)
        result = 0;
    forget(&board);
    forget(&line);
    return result;
}

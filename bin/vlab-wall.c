/* vlab-wall: say something to every session. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "must.h"
#include "roll.h"
#include "rolls.h"
#include "say.h"
#include "user.h"
#include "wall.h"

enum {
    MOST = WALL_RING / 2, /* lines of one call: a helper must find them all in the ring */
    LONGEST = MOST * (WALL_TEXT - 1)
};

static int code = SAY_DONE;

/* The words with a space between them. */
static const char *join(char **words)
{
    static char text[LONGEST + 1];
    size_t n = 0, length;

    for (; *words; ++words) {
        length = strlen(*words);
        if (n + 1 + length > LONGEST)
            say_die(SAY_USAGE, "the text is longer than %d characters", LONGEST);
        if (n)
            text[n++] = ' ';
        memcpy(text + n, *words, length);
        n += length;
    }
    text[n] = 0;
    return text;
}

/* The next line of text into out (WALL_TEXT bytes); one that is too long is broken at a
   space. Returns where the rest begins. */
static const char *cut(const char *text, char *out)
{
    size_t n = strcspn(text, "\n"), space;

    if (n >= WALL_TEXT) {
        n = WALL_TEXT - 1;
        for (space = n; space && text[space] != ' '; --space)
            ;
        if (space)
            n = space;
    }
    memcpy(out, text, n);
    out[n] = 0;
    text += n;
    return *text == ' ' || *text == '\n' ? text + 1 : text;
}

static int is_blank(const char *text)
{
    return text[strspn(text, " \t\r")] == 0;
}

/* Write the lines that are not empty, or only count them. */
static int say_lines(const char *text, int count_only)
{
    char line[WALL_TEXT];
    int n = 0;

    while (*text) {
        text = cut(text, line);
        if (is_blank(line))
            continue;
        ++n;
        if (!count_only && wall_say(line))
            must_fail("wall", 0);
    }
    return n;
}

static void not_told(const struct roll_entry *e)
{
    code = SAY_SYSTEM;
    if (errno == EXDEV)
        say_warn("pid %ld on %s is not told: run vlab-wall there", (long)e->pid, e->host);
    else
        say_warn_errno("unable to signal pid %ld", (long)e->pid);
}

int main(int argc, char **argv)
{
    const char *text, *uid;
    struct owner owner;
    DIR *users;
    int lines;

    say_name("vlab-wall", "vlab-wall text...\n\n"
                          "Say something to every session; see vlab-wall(8).");
    while (say_options(argc, argv, "") != -1)
        ;
    if (optind == argc)
        say_usage();
    text = join(argv + optind);
    lines = say_lines(text, 1);
    if (lines == 0)
        say_die(SAY_USAGE, "the text is empty");
    if (lines > MOST)
        say_die(SAY_USAGE, "the text has more than %d lines", MOST);
    must_own(&owner);
    users = rolls_open("user");
    if (!users)
        must_fail("user", 0);
    say_lines(text, 0);
    while ((uid = rolls_next(users)))
        if (user_tell(uid, SIGUSR1, not_told))
            must_fail("user", uid);
    if (errno)
        must_fail("user", 0);
    closedir(users);
    return code;
}

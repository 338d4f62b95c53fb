/* beneath: lib/beneath by hand, for the tests. `beneath ROOT` begins at the root and does
   the lines of descriptor 0, each of which prints one:

       go NAME...   walk; prints where one is, and where its link is, or the error's name
       look NAME    the type and size of a name here
       has  place   as in beneath.h
       top          back to the root
       shut PATH    shut a mount off
       do COMMAND   run it by the shell; prints nothing

   `beneath -r DIR MILLISECONDS ROOT PATH...` walks the paths (names with slashes between)
   again and again while a process renames ROOT/a/b to DIR/b and back. It prints how often
   they were found, refused, and that `DIR` or a file beside DIR/b was reached. */
#include "beneath.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dial.h"
#include "held.h"
#include "say.h"

static struct beneath b;
static int at, link_at = -1;

static const char *path_of(int fd)
{
    static char path[PATH_MAX];
    return held_path(b.proc, fd, path) < 0 ? strerrorname_np(errno) : path;
}

static void leave(void)
{
    held_close(at);
    held_close(link_at);
    link_at = -1;
}

static int go(const char *name)
{
    int to, by;
    to = beneath_walk(&b, at, name, &by);
    if (to < 0)
        return -1;
    leave();
    at = to;
    link_at = by;
    return 0;
}

static void command(char *line)
{
    char *word = strtok(line, " \n"), *arg = strtok(0, "\n"), name[NINEP_NAME + 1];
    struct stat st;
    int dir, r = 0, to = -1;
    if (!word)
        return;
    if (!strcmp(word, "do")) {
        fflush(stdout);
        if (system(arg) != 0)
            puts("failed");
        return;
    }
    if (!strcmp(word, "go")) {
        for (char *n = strtok(arg, " "); n && r == 0; n = strtok(0, " "))
            r = go(n);
        if (r == 0) {
            printf("%s", path_of(at));
            if (link_at >= 0)
                printf(" by %s", path_of(link_at));
            putchar('\n');
        }
    } else if (!strcmp(word, "look")) {
        r = beneath_look(&b, at, arg, &st, &to);
        held_close(to);
        if (r == 0)
            printf("%s %lld\n",
                   S_ISREG(st.st_mode)   ? "file"
                   : S_ISDIR(st.st_mode) ? "directory"
                   : S_ISLNK(st.st_mode) ? "link"
                                         : "special",
                   S_ISDIR(st.st_mode) ? 0LL : (long long)st.st_size);
    } else if (!strcmp(word, "has")) {
        r = beneath_has(&b, at) ? 0 : -1;
        if (r == 0)
            puts("yes");
    } else if (!strcmp(word, "place")) {
        dir = beneath_place(&b, at, name);
        r = dir < 0 ? -1 : 0;
        if (r == 0)
            printf("%s in %s\n", name, path_of(dir));
        held_close(dir);
    } else if (!strcmp(word, "top")) {
        leave();
        at = held_copy(b.root);
    } else if (!strcmp(word, "shut"))
        r = beneath_shut(&b, arg);
    else
        say_die(SAY_USAGE, "no such word: %s", word);
    if (r < 0)
        printf("error %s\n", strerrorname_np(errno));
}

static pid_t start_renamer(const char *root, const char *out)
{
    char one[PATH_MAX], other[PATH_MAX];
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        say_die_errno("unable to fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(one, sizeof one, "%s/a/b", root);
    snprintf(other, sizeof other, "%s/b", out);
    while (getppid() == parent) {
        rename(one, other);
        rename(other, one);
    }
    _exit(0);
}

/* Is it DIR, or in it, but for b? */
static int is_out(const char *out)
{
    const char *path = path_of(at);
    size_t n = strlen(out);
    if (strncmp(path, out, n))
        return 0;
    return strncmp(path + n, "/b", 2) != 0;
}

static void race(const char *out, int duration, const char *root, char **paths)
{
    unsigned found = 0, refused = 0, reached = 0;
    pid_t pid = start_renamer(root, out);
    long long end = dial_now() + duration;
    while (dial_now() < end)
        for (char **p = paths; *p; p++) {
            char line[PATH_MAX];
            int r = 0;
            strcpy(line, *p);
            leave();
            at = held_copy(b.root);
            for (char *n = strtok(line, "/"); n && r == 0; n = strtok(0, "/"))
                r = go(n);
            *(r < 0 ? &refused : &found) += 1;
            reached += r == 0 && is_out(out);
        }
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
    printf("%s, %s, %u reached\n", found ? "found" : "never found",
           refused ? "refused" : "never refused", reached);
}

int main(int argc, char **argv)
{
    char line[PATH_MAX];
    const char *out = 0;
    int c;
    say_name("beneath", "beneath ROOT\nbeneath -r DIR MILLISECONDS ROOT PATH...");
    while ((c = say_options(argc, argv, "r:")) != -1)
        out = optarg;
    argv += optind;
    argc -= optind;
    if (argc < (out ? 3 : 1))
        say_usage();
    if (beneath_open(&b, argv[out ? 1 : 0]) < 0)
        say_die_errno("unable to open %s", argv[out ? 1 : 0]);
    at = held_copy(b.root);
    if (out)
        race(out, atoi(argv[0]), argv[1], argv + 2);
    else
        while (fgets(line, sizeof line, stdin))
            command(line);
    leave();
    beneath_close(&b);
    return 0;
}

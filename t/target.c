/* target: lib/target by hand, for the tests. `target keeps DEPTH` tells of each line of
   standard input, in which ! is a NUL, whether a link may say it in a directory so deep;
   `target between` prints of each line of two paths, of which . is the root, what a link
   in the first says to lead to the second, and dies if it may not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "target.h"

/* Without room around it, so that the sanitizers notice a byte too many. */
static int keeps(const char *line, size_t n, unsigned depth)
{
    char *copy = malloc(n ? n : 1);
    struct ninep_text t = {.at = copy, .length = (uint16_t)n};
    int r;
    if (!copy)
        say_die_errno("unable to go on");
    memcpy(copy, line, n);
    for (size_t i = 0; i < n; i++)
        if (copy[i] == '!')
            copy[i] = 0;
    r = target_keeps(&t, depth);
    free(copy);
    return r;
}

static void between(char *line)
{
    char *dir = strtok(line, " "), *to = strtok(0, " "), out[TARGET_MOST + 1];
    if (!to)
        say_usage();
    if (!strcmp(dir, "."))
        dir = "";
    if (!strcmp(to, "."))
        to = "";
    if (target_between(out, dir, to)) {
        puts(strerror(errno));
        return;
    }
    puts(out);
    if (!keeps(out, strlen(out), target_depth(dir)))
        say_die(1, "it may not say this");
}

int main(int argc, char **argv)
{
    char *line = 0;
    size_t size = 0;
    ssize_t n;
    say_name("target", "target keeps DEPTH | target between");
    if (argc < 2)
        say_usage();
    while ((n = getline(&line, &size, stdin)) > 0) {
        line[--n] = 0;
        if (argc > 2)
            puts(keeps(line, (size_t)n, (unsigned)atoi(argv[2])) ? "yes" : "no");
        else
            between(line);
    }
    free(line);
    return 0;
}

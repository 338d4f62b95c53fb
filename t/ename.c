/* ename: lib/ename by hand, for the tests. `ename of N...` prints the words of each
   errno; `ename all` prints each errno that does not come back from its words, and how
   many did; `ename` alone prints the errno of each line of standard input. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ename.h"
#include "say.h"

/* Without room around them, so that the sanitizers notice a byte too many. */
static int back(const char *words)
{
    size_t n = strlen(words);
    char *copy = malloc(n ? n : 1);
    struct ninep_text t = {.at = copy, .length = (uint16_t)n};
    int e;

    if (!copy)
        say_die_errno("unable to go on");
    memcpy(copy, words, n);
    e = ename_errno(&t);
    free(copy);
    return e;
}

static int all(void)
{
    int e, n = 0;

    for (e = 1; e <= 133; ++e)
        if (!strerrorname_np(e))
            continue;
        else if (back(ename_of(e)) == e)
            ++n;
        else
            printf("%s\n", strerrorname_np(e));
    printf("%d\n", n);
    return SAY_DONE;
}

int main(int argc, char **argv)
{
    char line[1024];

    say_name("ename", "ename [all|of N...]");
    if (argc > 1 && strcmp(argv[1], "all") == 0)
        return all();
    for (argv += 2; argc > 2; --argc)
        puts(ename_of(atoi(*argv++)));
    if (argc == 1)
        while (fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\n")] = 0;
            puts(strerrorname_np(back(line)));
        }
    return SAY_DONE;
}

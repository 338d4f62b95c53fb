/* map-ask: lib/map, for the tests. `map-ask all` prints each node, `find N`, `of HOST`
   and `may N DEVICE...` one, `hash` and `count` what they are called. */
#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static void print(int found, const struct map_node *n)
{
    if (found != 1) {
        printf("%d%s%s\n", found, found ? " " : "", found ? strerrorname_np(errno) : "");
        return;
    }
    printf("%u port %u", n->number, n->port);
    for (unsigned i = 0; i < n->addresses; i++)
        printf(" %s", n->address[i]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct conf c;
    struct map_node n = {0};
    char hash[MAP_HASH];
    const char *what = argc > 1 ? argv[1] : "";
    unsigned number = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    int found;
    say_name("map-ask", "map-ask WHAT [ARG...]");
    if (conf_open(&c))
        say_die_errno("unable to open the config");
    if (!strcmp(what, "all")) {
        while ((found = map_next(&c, &n)) == 1)
            print(found, &n);
        if (found)
            print(found, &n);
    } else if (!strcmp(what, "find"))
        print(map_find(&c, number, &n), &n);
    else if (!strcmp(what, "of") && argc > 2)
        print(map_of(&c, argv[2], &n), &n);
    else if (!strcmp(what, "may") && map_find(&c, number, &n) == 1)
        for (int i = 3; i < argc; i++)
            printf("%s %s\n", argv[i], map_device(&n, argv[i]) ? "yes" : "no");
    else if (!strcmp(what, "count"))
        printf("%u\n", map_count(&c));
    else if (!strcmp(what, "hash")) {
        map_hash(&c, hash);
        puts(hash);
    } else
        say_usage();
    return 0;
}

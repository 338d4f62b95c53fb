/* ring: lib/ring by hand, for the tests. `ring KIND NAME [say TEXT|many N WORD|hear]`,
   where NAME may be `-` for none: say a text, or N of them that count up behind WORD, or
   hear all of the past. Without a command: listen from now on; each line from descriptor
   0 has it print what it has not heard before, and `end`. What fails prints `error NAME`
   with the name of its errno. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ring.h"
#include "say.h"

static const char *kind, *name;
static unsigned long long last;

static void hear(void)
{
    char text[RING_TEXT];
    int k;

    while ((k = ring_next(kind, name, &last, text)) > 0)
        printf("<%s>\n", text);
    puts(k ? strerrorname_np(errno) : "end");
}

static int tell(const char *text)
{
    if (ring_say(kind, name, text) == 0)
        return 0;
    printf("error %s\n", strerrorname_np(errno));
    return SAY_NO;
}

static int many(const char *number, const char *word)
{
    char text[RING_TEXT];
    unsigned long i, n;

    if (say_number(number, 1, 100000, &n))
        say_usage();
    for (i = 1; i <= n; ++i) {
        snprintf(text, sizeof text, "%s %lu", word, i);
        if (tell(text))
            return SAY_NO;
    }
    return SAY_DONE;
}

int main(int argc, char **argv)
{
    char line[64];

    say_name("ring", "ring KIND NAME [say TEXT|many N WORD|hear]");
    if (argc < 3)
        say_usage();
    kind = argv[1];
    name = strcmp(argv[2], "-") ? argv[2] : 0;
    setvbuf(stdout, 0, _IOLBF, 0);
    if (argc == 5 && strcmp(argv[3], "say") == 0)
        return tell(argv[4]);
    if (argc == 6 && strcmp(argv[3], "many") == 0)
        return many(argv[4], argv[5]);
    if (argc == 4 && strcmp(argv[3], "hear") == 0) {
        hear();
        return SAY_DONE;
    }
    if (argc != 3)
        say_usage();
    if (ring_begin(kind, name, &last))
        say_die_errno("ring_begin");
    puts("listening");
    while (fgets(line, sizeof line, stdin))
        hear();
    return SAY_DONE;
}

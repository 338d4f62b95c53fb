/* behind [SEED]: lib/behind, in random order. No two writes that are under way have a
   byte in common, so many as may be are, and the first error is told
   to two writes and once for good. */
#include "behind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum { FILES = 4, STEPS = 200000, SPAN = 8000 };

static struct behind all;
static struct behind_file file[FILES];
static struct behind_write *way[BEHIND_WRITES];
static int of[BEHIND_WRITES];
static unsigned count;

static int touches(int f, uint64_t offset, uint32_t n)
{
    for (unsigned i = 0; i < count; i++)
        if (of[i] == f && way[i]->offset < offset + n &&
            offset < way[i]->offset + way[i]->count)
            return 1;
    return 0;
}

static void begin(void)
{
    int f = (int)(random() % FILES);
    uint64_t offset = (uint64_t)random() % SPAN;
    uint32_t n = (uint32_t)(1 + random() % 40);
    struct behind_write *w = behind_begin(&all, &file[f], offset, n);
    int e = touches(f, offset, n) ? EBUSY : count == BEHIND_WRITES ? EAGAIN : 0;
    if (!w != !!e || (e && errno != e))
        say_die_errno("errno %d is right", e);
    if (!w)
        return;
    way[count] = w;
    of[count++] = f;
}

static void end(unsigned i)
{
    behind_end(&all, &file[of[i]], way[i]);
    way[i] = way[--count];
    of[i] = of[count];
}

int main(int argc, char **argv)
{
    unsigned long seed = (unsigned long)time(0) ^ (unsigned long)getpid();
    unsigned full = 0;
    struct behind_error error = {0, 0};
    say_name("behind", "behind [SEED]");
    if (argc > 1 && say_number(argv[1], 0, 4294967295ul, &seed))
        say_usage();
    printf("seed %lu\n", seed);
    fflush(stdout);
    srandom((unsigned)seed);
    behind_open(&all);
    for (int i = 0; i < STEPS; i++) {
        if (random() % 3 || !count)
            begin();
        else
            end((unsigned)(random() % count));
        full += count == BEHIND_WRITES;
    }
    while (count)
        end(0);
    for (int i = 0; i < FILES; i++)
        if (file[i].count || file[i].first)
            say_die(1, "something is left of file %d", i);
    if (!full)
        say_die(1, "it was never full");
    behind_failed(&error, ENOSPC);
    behind_failed(&error, EIO);
    for (int i = 0; i < 2; i++)
        if (behind_warns(&error) != ENOSPC)
            say_die(1, "two writes are not told");
    if (behind_warns(&error))
        say_die(1, "who is told goes on to be told");
    if (behind_told(&error) != ENOSPC || behind_told(&error))
        say_die(1, "the first error is not told once");
    behind_failed(&error, EIO);
    if (behind_told(&error) != EIO || behind_warns(&error))
        say_die(1, "the next error is not told once");
    return 0;
}

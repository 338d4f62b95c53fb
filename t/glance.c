/* glance: lib/glance, with a directory that is made up: each name is found, with its own
   stat, no other is, and what is hidden is hidden. Bytes that are no entries are refused.
 */
#include "glance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

enum { MANY = 20000, PIECE = 8192 };

static struct glance g;

static size_t entry(unsigned char *out, size_t size, unsigned i)
{
    char name[32];
    struct ninep_stat s = {.length = i};
    snprintf(name, sizeof name, "file%u", i);
    s.name = ninep_text(name);
    s.uid = s.gid = s.muid = ninep_text("nobody");
    return ninep_pack_stat(out, size, &s);
}

int main(void)
{
    static unsigned char piece[PIECE];
    static char junk[GLANCE_MOST];
    char name[32];
    struct ninep_stat s;
    size_t used = 0, n;
    say_name("glance", "glance");
    for (unsigned i = 0; i < MANY; i++) {
        n = entry(piece + used, sizeof piece - used, i);
        if (!n) {
            if (glance_add(&g, piece, used))
                say_die_errno("unable to add");
            used = 0;
            i--;
            continue;
        }
        used += n;
    }
    if (glance_add(&g, piece, used))
        say_die_errno("unable to add");
    for (unsigned i = 0; i < 2 * MANY; i++) {
        snprintf(name, sizeof name, "file%u", i);
        if (glance_find(&g, name, &s) != (i < MANY))
            say_die(1, "%s is %sfound", name, i < MANY ? "not " : "");
        if (i < MANY && s.length != i)
            say_die(1, "%s has the stat of another", name);
    }
    for (unsigned i = 0; i < GLANCE_HIDES; i++) {
        snprintf(name, sizeof name, "file%u", 2 * i);
        if (glance_hides(&g, name) || glance_hide(&g, name) || glance_hide(&g, name) ||
            !glance_hides(&g, name))
            say_die(1, "%s is not hidden once", name);
    }
    if (glance_hides(&g, "file1") || !glance_hide(&g, "another") || errno != ENOSPC)
        say_die(1, "more is hidden than may be");
    if (!glance_add(&g, junk, 100) || errno != EPROTO)
        say_die(1, "junk is taken");
    if (!glance_add(&g, junk, sizeof junk) || errno != EFBIG)
        say_die(1, "too much is taken");
    glance_close(&g);
    if (glance_find(&g, "file1", &s) || glance_hides(&g, "file1"))
        say_die(1, "something is left");
    return 0;
}

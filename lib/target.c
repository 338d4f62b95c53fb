/* Why no link that target_keeps leads out, whatever the others say:

   A directory of the mount is as many names below its root as its inode is, for as long
   as it is there: an inode has one place, which is never another directory, for a rename
   (op_rename) is one within a directory. What the peer moves is another inode at its new
   place; the kernel goes up from the old one as before, and an inode that lost its name
   is counted from there, which is less.

   The kernel looks for what a link says from the directory the link is in. The `..` come
   first, so it goes up through directories alone, and not above the root, for there are
   not more of them than names down to here. Then come names, each one down: to a
   directory of the mount; to what somebody here has mounted in it; or to another link,
   whose text was held against the depth of its own directory, and behind which the first
   goes on with names alone. No `..` of a link is ever applied to a place that a link has
   led to, so it does not matter how many there are, nor when the peer changes them.

   A `..` that a program itself puts behind a link is its own, as everywhere. */
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int target_keeps(const struct ninep_text *t, unsigned depth)
{
    const char *p = t->at, *end = p + t->length;
    unsigned up = 0, names = 0;
    if (!t->length || t->length > TARGET_MOST || *p == '/' || memchr(p, 0, t->length))
        return 0;
    while (p < end) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        size_t n = (size_t)((slash ? slash : end) - p);
        if (n > NINEP_NAME)
            return 0;
        if (n == 2 && !memcmp(p, "..", 2)) {
            if (names || ++up > depth)
                return 0;
        } else if (n && !(n == 1 && *p == '.'))
            names++;
        p += n + (slash != 0);
    }
    return 1;
}

unsigned target_depth(const char *path)
{
    unsigned n = *path != 0;
    for (; *path; path++)
        n += *path == '/';
    return n;
}

/* How many bytes of a directory's path lead to one that is above the file, too, or it. */
static size_t common(const char *dir, const char *to)
{
    size_t last = 0;
    for (size_t i = 0;; i++) {
        int ends = (!dir[i] || dir[i] == '/') && (!to[i] || to[i] == '/');
        if (ends)
            last = i;
        if (!dir[i] || dir[i] != to[i])
            return last;
    }
}

int target_between(char *out, const char *dir, const char *to)
{
    size_t same = common(dir, to), used = 0;
    const char *rest = dir + same + (dir[same] == '/');
    to += same + (to[same] == '/');
    for (unsigned up = target_depth(rest); up; up--) {
        if (used + 3 > TARGET_MOST)
            break;
        memcpy(out + used, "../", 3);
        used += 3;
    }
    if (used + 3 > TARGET_MOST || used + strlen(to) > TARGET_MOST) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(out + used, to);
    if (!*to && used)
        out[used - 1] = 0;
    else if (!*to)
        strcpy(out, ".");
    return 0;
}

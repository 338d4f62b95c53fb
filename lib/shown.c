#include "shown.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

int shown_add(struct shown *s, const char *pattern)
{
    size_t n = strlen(pattern);
    errno = EINVAL;
    if (!n || *pattern == '/' || pattern[n - 1] == '/' || strstr(pattern, "//"))
        return -1;
    errno = E2BIG;
    if (s->count == SHOWN_MOST)
        return -1;
    s->pattern[s->count++] = pattern;
    return 0;
}

/* The next name of a path, which goes on behind it. Returns 0 when it is too long. */
static int next(const char **path, char name[NAME_MAX + 1])
{
    size_t n = strcspn(*path, "/");
    if (n > NAME_MAX)
        return 0;
    memcpy(name, *path, n);
    name[n] = 0;
    *path += n + ((*path)[n] == '/');
    return 1;
}

static int fits(const char *pattern, const char *path, int is_directory)
{
    char wanted[NAME_MAX + 1], name[NAME_MAX + 1];
    while (*pattern && *path)
        if (!next(&pattern, wanted) || !next(&path, name) ||
            fnmatch(wanted, name, FNM_PERIOD))
            return 0;
    return !*pattern || is_directory;
}

int shown_has(const struct shown *s, const char *path, int is_directory)
{
    for (unsigned i = 0; i < s->count; i++)
        if (fits(s->pattern[i], path, is_directory))
            return 1;
    return !s->count || !*path;
}

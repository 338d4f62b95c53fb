#include "rolls.h"

#include <errno.h>
#include <limits.h>

#include "roll.h"

DIR *rolls_open(const char *kind)
{
    char path[PATH_MAX];

    return roll_path(path, sizeof path, kind, 0) ? 0 : opendir(path);
}

const char *rolls_next(DIR *rolls)
{
    struct dirent *entry;

    do {
        errno = 0;
        entry = readdir(rolls);
    } while (entry && entry->d_name[0] == '.');
    return entry ? entry->d_name : 0;
}

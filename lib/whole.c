#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROOM = 65536 };

static int read_all(int fd, size_t max, char **text, size_t *size)
{
    size_t room = ROOM;
    char *grown;
    ssize_t n = 1;

    while (n != 0) {
        if (!*text || *size == room) {
            if (*text)
                room *= 2;
            grown = realloc(*text, room);
            if (!grown)
                return -1;
            *text = grown;
        }
        n = read(fd, *text + *size, room - *size);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            *size += (size_t)n;
        if (*size > max) {
            errno = EFBIG;
            return -1;
        }
    }
    return 0;
}

int whole_read(const char *path, size_t max, char **text, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), result, saved;

    *text = 0;
    *size = 0;
    if (fd < 0)
        return -1;
    result = read_all(fd, max, text, size);
    saved = errno;
    close(fd);
    if (result < 0) {
        free(*text);
        *text = 0;
        errno = saved;
    }
    return result;
}

#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int descriptor_close(const int *but, size_t n)
{
    int next, from = 3;
    size_t i;

    do {
        for (next = -1, i = 0; i < n; ++i)
            if (but[i] >= from && (next < 0 || but[i] < next))
                next = but[i];
        if (next != from && close_range((unsigned)from, next < 0 ? ~0u : next - 1u, 0))
            return -1;
        from = next + 1;
    } while (next >= 0);
    return 0;
}

int descriptor_raise(int fd)
{
    int raised, saved;

    if (fd > 2)
        return fd;
    raised = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    saved = errno;
    close(fd);
    errno = saved;
    return raised;
}

int descriptor_null(int fd)
{
    int null = open("/dev/null", O_RDWR), k;

    if (null < 0 || null == fd)
        return null < 0 ? -1 : 0;
    k = dup2(null, fd);
    close(null);
    return k < 0 ? -1 : 0;
}

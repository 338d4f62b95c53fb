#include "tidy.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "descriptor.h"

int tidy_descriptors(void)
{
    for (int fd = 0; fd <= 2; ++fd)
        if (fcntl(fd, F_GETFD) < 0 && descriptor_null(fd))
            return -1;
    return descriptor_close(0, 0);
}

int tidy_messages(void)
{
    struct stat st;

    return fstat(2, &st) == 0 && S_ISSOCK(st.st_mode) ? descriptor_null(2) : 0;
}

#include "tidy.h"

#include <fcntl.h>
#include <unistd.h>

int tidy_descriptors(void)
{
    if (fcntl(2, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
        return -1;
    return close_range(3, ~0u, 0);
}

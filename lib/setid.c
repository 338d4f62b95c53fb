#include "setid.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORD = CAP_FSETID / 32 };
#define BIT (1u << CAP_FSETID % 32)

/* The capability in the effective set, or not; who may not have it has it not. */
static int have(int wanted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) < 0)
        return -1;
    if (!(data[WORD].permitted & BIT) || !(data[WORD].effective & BIT) == !wanted)
        return 0;
    data[WORD].effective ^= BIT;
    return (int)syscall(SYS_capset, &header, data);
}

int setid_guard(void)
{
    return have(0);
}

int setid_chmod(const char *path, mode_t mode)
{
    int r, error;
    if (!(mode & S_ISGID) || geteuid())
        return chmod(path, mode);
    if (have(1) < 0)
        return -1;
    r = chmod(path, mode);
    error = errno;
    if (have(0) < 0)
        return -1;
    errno = error;
    return r;
}

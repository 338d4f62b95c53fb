#include "special.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "held.h"

enum {
    PTS_FIRST = 136, /* majors of the slaves of ptys, which sysfs does not have */
    PTS_LAST = 143,
    TTYAUX = 5, /* where one of the minors is no terminal, but gives out such */
    PTMX = 2,
    SECTOR = 512 /* bytes, in sysfs */
};

static const char ctl[] = "ctl";

int special_is_tty(dev_t device)
{
    char path[64], link[PATH_MAX];
    const char *last;
    ssize_t n;
    if (major(device) >= PTS_FIRST && major(device) <= PTS_LAST)
        return 1;
    if (major(device) == TTYAUX && minor(device) == PTMX)
        return 0;
    snprintf(path, sizeof path, "/sys/dev/char/%u:%u/subsystem", major(device),
             minor(device));
    n = readlink(path, link, sizeof link - 1);
    if (n < 0)
        return 0;
    link[n] = 0;
    last = strrchr(link, '/');
    return last && !strcmp(last, "/tty");
}

uint64_t special_size(dev_t device, int fd)
{
    char path[64];
    uint64_t size = 0;
    unsigned long long sectors;
    FILE *f;
    int found = 0;
    if (ioctl(fd, BLKGETSIZE64, &size) == 0)
        return size;
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/size", major(device),
             minor(device));
    f = fopen(path, "re");
    if (f) {
        found = fscanf(f, "%llu", &sectors) == 1;
        fclose(f);
    }
    if (found)
        return sectors * SECTOR;
    fd = held_use(fd, O_RDONLY | O_NONBLOCK);
    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
        size = 0;
    held_close(fd);
    return size;
}

int special_is_ctl(const char *name, char *tty)
{
    size_t n = strlen(name), tail = sizeof ctl - 1;
    if (n <= tail || n > NINEP_NAME || strcmp(name + n - tail, ctl))
        return 0;
    memcpy(tty, name, n - tail);
    tty[n - tail] = 0;
    return 1;
}

int special_ctl(const char *tty, char *name)
{
    if (strlen(tty) + sizeof ctl - 1 > NINEP_NAME)
        return 0;
    sprintf(name, "%s%s", tty, ctl);
    return 1;
}

int special_is_sending(int fd)
{
    int n;
    return ioctl(fd, TIOCOUTQ, &n) == 0 && n > 0;
}

/* Who this host is, for all users, and for what shuts it down. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"
#include "member.h"
#include "say.h"

/* Hosts may share the state. */
static int path_of(char *path)
{
    char name[ROLL_HOST + 16] = "shutdown.";
    roll_host(name + strlen(name));
    return roll_path(path, PATH_MAX, name, 0);
}

int member_publish(unsigned node)
{
    char path[PATH_MAX];
    int fd, bad;
    if (path_of(path))
        return -1;
    if (!node)
        return unlink(path) && errno != ENOENT ? -1 : 0;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -1;
    bad = fchmod(fd, 0644) || dprintf(fd, "%u\n", node) < 0;
    return close(fd) || bad ? -1 : 0;
}

unsigned member_published(void)
{
    char path[PATH_MAX], line[16];
    unsigned long node;
    ssize_t n;
    int fd = path_of(path) ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n <= 0 || line[n - 1] != '\n')
        return 0;
    line[n - 1] = 0;
    return say_number(line, 1, MAP_LAST, &node) ? 0 : (unsigned)node;
}

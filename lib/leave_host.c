/* The steps that concern this host alone. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "leave.h"
#include "say.h"
#include "space.h"

static unsigned ducts[1024];
static int unmounted; /* so many of them */

/* Hosts may share the state. */
static int shutdown_file(char *path)
{
    char name[ROLL_HOST + 16] = "shutdown.";

    roll_host(name + strlen(name));
    return roll_path(path, PATH_MAX, name, 0);
}

/* What is there is looked for by what shuts the host down. */
int leave_shutdown(void)
{
    char path[PATH_MAX];

    if (shutdown_file(path) || (unlink(path) && errno != ENOENT))
        return leave_fails("remove the file shutdown.HOST");
    return 0;
}

int leave_unshutdown(void)
{
    char path[PATH_MAX];
    int fd = shutdown_file(path)
                 ? -1
                 : open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

    if (fd < 0)
        return leave_fails("make the file shutdown.HOST");
    close(fd);
    return 0;
}

int leave_shutdown_again(void)
{
    return leave.was_member ? 0 : leave_shutdown();
}

/* What is open in them gets EIO. */
int leave_ducts(void)
{
    unmounted = space_list(ducts, sizeof ducts / sizeof *ducts);
    if (unmounted < 0)
        return leave_fails("read which nodes are mounted");
    for (int i = 0; i < unmounted; i++)
        if (space_umount(ducts[i], 1))
            return leave_fails("unmount the devices of another node");
    return 0;
}

/* A node that is not up any more is no failure of ours. */
int leave_unducts(void)
{
    char why[SPACE_WHY];
    for (int i = 0; i < unmounted; i++)
        if (space_mount(ducts[i], why))
            say_warn("unable to mount node %u again: %s", ducts[i], why);
    return 0;
}

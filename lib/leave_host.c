/* The steps that concern this host alone. */
#include <unistd.h>

#include "leave.h"
#include "map.h"
#include "say.h"
#include "space.h"

static unsigned ducts[MAP_LAST];
static int unmounted; /* so many of them */
static int owned;     /* was there a link to our own devices? */

/* What is there is looked for by what shuts the host down. */
int leave_shutdown(void)
{
    return member_publish(0) ? leave_fails("remove the file shutdown.HOST") : 0;
}

int leave_unshutdown(void)
{
    return member_publish(leave.now.node) ? leave_fails("make the file shutdown.HOST")
                                          : 0;
}

int leave_shutdown_again(void)
{
    return leave.was_member ? 0 : leave_shutdown();
}

static int umount_one(unsigned node)
{
    if (space_umount(node, 1) == 0)
        return 0;
    say_warn_errno("unable to unmount the devices of node %u", node);
    return SAY_SYSTEM;
}

/* A node that is not up any more is no failure of ours. */
static int mount_one(unsigned node)
{
    char why[SPACE_WHY];
    if (space_mount(node, why))
        say_warn("unable to mount node %u again: %s", node, why);
    return 0;
}

/* Who is not root has made none. */
static int disown_one(unsigned node)
{
    if (geteuid() == 0 && space_own(0) < 0)
        say_warn_errno("unable to remove the link %s/%u", space_path(), node);
    return 0;
}

static int own_one(unsigned node)
{
    if (space_own(node))
        say_warn_errno("unable to make %s/%u a link to /dev again", space_path(), node);
    return 0;
}

/* What is open in them gets EIO. */
int leave_ducts(void)
{
    int k;
    owned = space_owns(leave.now.node);
    unmounted = space_list(ducts, sizeof ducts / sizeof *ducts);
    if (unmounted < 0) {
        unmounted = 0;
        return leave_fails("read which nodes are mounted");
    }
    k = space_each(ducts, (unsigned)unmounted, umount_one);
    if (k == 0 && owned)
        k = space_each(&leave.now.node, 1, disown_one);
    return k < 0 ? leave_fails("unmount the devices of other nodes") : k;
}

int leave_unducts(void)
{
    if ((owned && space_each(&leave.now.node, 1, own_one) < 0) ||
        space_each(ducts, (unsigned)unmounted, mount_one) < 0)
        say_warn_errno("unable to mount other nodes again");
    return 0;
}

#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "roll.h"

int owner_find(struct owner *o)
{
    struct stat st;

    if (stat(roll_state(), &st) < 0)
        return -1;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    o->uid = st.st_uid;
    o->gid = st.st_gid;
    if (geteuid() == 0 || geteuid() == o->uid)
        return 0;
    errno = EPERM;
    return -1;
}

int owner_enter(const struct owner *o)
{
    if (geteuid() != 0)
        return 0;
    return setegid(o->gid) < 0 || seteuid(o->uid) < 0 ? -1 : 0;
}

int owner_leave(void)
{
    return seteuid(getuid()) < 0 || setegid(getgid()) < 0 ? -1 : 0;
}

int owner_stay(const struct owner *o)
{
    if (geteuid() != 0)
        return 0;
    if (setgroups(1, &o->gid) < 0 || setresgid(o->gid, o->gid, o->gid) < 0)
        return -1;
    return setresuid(o->uid, o->uid, o->uid);
}

/* setfsuid(2) tells nothing of failure but by asking again; root's powers over files go
 * with it. */
int owner_files(const struct owner *o)
{
    if (geteuid() != 0)
        return 0;
    setfsgid(o->gid);
    setfsuid(o->uid);
    if (setfsgid((gid_t)-1) == (int)o->gid && setfsuid((uid_t)-1) == (int)o->uid)
        return 0;
    errno = EPERM;
    return -1;
}

int owner_files_leave(void)
{
    const struct owner root = {0, getegid()};

    return owner_files(&root);
}

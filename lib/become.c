#include "become.h"

#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "say.h"
#include "setid.h"

enum { GROUPS = 64 /* of a user; asked again when there are more */ };

/* What we are ourselves, and whom we are now. */
static gid_t gid, *group;
static int groups;
static int parent_signal;
static pid_t parent;
static const struct become *now;
static unsigned kept;

int become_open(void)
{
    uid_t r, e, s;
    int bits = prctl(PR_GET_SECUREBITS);
    if (getresuid(&r, &e, &s) < 0 || r || e || s || bits < 0 ||
        bits & SECBIT_NO_SETUID_FIXUP) {
        errno = EPERM;
        return -1;
    }
    groups = getgroups(0, 0);
    group = groups < 0 ? 0 : calloc((size_t)groups + 1, sizeof *group);
    if (!group || getgroups(groups, group) != groups ||
        prctl(PR_GET_PDEATHSIG, &parent_signal) < 0)
        return -1;
    gid = getegid();
    parent = getppid();
    return 0;
}

int become_find(const char *name, struct become **who)
{
    const struct passwd *p = getpwnam(name);
    int n = GROUPS, room, r;
    struct become *b = 0, *more;
    *who = 0;
    if (!p) {
        errno = EPERM;
        return -1;
    }
    if (!p->pw_uid)
        return 0;
    if (kept >= BECOME_MOST) {
        errno = EMFILE;
        return -1;
    }
    do {
        room = n;
        more = realloc(b, sizeof *b + (size_t)room * sizeof *b->group);
        if (!more) {
            free(b);
            return -1;
        }
        b = more;
        r = getgrouplist(name, p->pw_gid, b->group, &n);
    } while (r < 0 && n > room);
    if (r < 0) {
        free(b);
        errno = EPERM;
        return -1;
    }
    b->refs = 1;
    b->uid = p->pw_uid;
    b->gid = p->pw_gid;
    b->groups = (size_t)n;
    kept++;
    *who = b;
    return 0;
}

void become_keep(struct become *who)
{
    if (who)
        who->refs++;
}

void become_drop(struct become *who)
{
    if (!who || --who->refs)
        return;
    if (now == who)
        become_now(0);
    kept--;
    free(who);
}

/* The kernel forgets whom it should tell of our parent's end when we change, and gives
   root all its capabilities again. */
static void come_back(void)
{
    uid_t was, is, saved;
    if (setresuid((uid_t)-1, 0, (uid_t)-1) < 0 ||
        setresgid((gid_t)-1, gid, (gid_t)-1) < 0 ||
        setgroups((size_t)groups, group) < 0 || setid_guard() < 0 ||
        getresuid(&was, &is, &saved) < 0 || was || is || saved)
        say_die_errno("unable to be root again");
    now = 0;
    if (!parent_signal)
        return;
    if (prctl(PR_SET_PDEATHSIG, parent_signal) < 0)
        say_die_errno("unable to end with the parent");
    if (getppid() != parent)
        raise(parent_signal);
}

int become_now(const struct become *who)
{
    int e = errno;
    if (who == now)
        return 0;
    if (now)
        come_back();
    errno = e;
    if (!who)
        return 0;
    if (setgroups(who->groups, who->group) == 0 &&
        setresgid((gid_t)-1, who->gid, (gid_t)-1) == 0 &&
        setresuid((uid_t)-1, who->uid, (uid_t)-1) == 0) {
        now = who;
        return 0;
    }
    e = errno;
    come_back();
    errno = e;
    return -1;
}

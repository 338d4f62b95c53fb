#include "caller.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "words.h"

/* Fill in the environment. Returns 0, or -1 ENAMETOOLONG. */
static int set(struct caller *c, const struct passwd *p)
{
    const char *const set[CALLER_VARIABLES][2] = {
        {"PATH", c->as.uid ? WORDS_PATH_CALLER : WORDS_PATH},
        {"HOME", *p->pw_dir ? p->pw_dir : "/"},
        {"USER", c->account},
        {"LOGNAME", c->account},
        {"SHELL", *p->pw_shell ? p->pw_shell : "/bin/sh"},
        {"VLAB_USER", c->name}};
    for (unsigned i = 0; i < CALLER_VARIABLES; i++) {
        int n = snprintf(c->room[i], CALLER_VALUE, "%s=%s", set[i][0], set[i][1]);
        if (n < 0 || n >= CALLER_VALUE) {
            errno = ENAMETOOLONG;
            return -1;
        }
        c->environment[i] = c->room[i];
    }
    c->environment[CALLER_VARIABLES] = 0;
    return 0;
}

/* All that the system knows: the child that becomes him has no time to ask. */
static int find_groups(struct caller *c)
{
    int n = CALLER_GROUPS;
    if (c->changes && getgrouplist(c->account, c->as.gid, c->group, &n) < 0) {
        errno = E2BIG;
        return -1;
    }
    c->as.group = c->group;
    c->as.groups = (size_t)n;
    return 0;
}

int caller_find(struct caller *c)
{
    static char root[] = "/", shell[] = "";
    struct passwd none = {.pw_dir = root, .pw_shell = shell};
    const struct passwd *p;
    uid_t uid = geteuid() ? geteuid() : c->uid;
    c->changes = geteuid() == 0;
    errno = 0;
    p = getpwuid(uid);
    if (!p && c->changes) {
        if (!errno)
            errno = ENOENT;
        return -1;
    }
    none.pw_gid = getegid();
    snprintf(c->account, sizeof c->account, "%lu", (unsigned long)uid);
    if (p)
        snprintf(c->account, sizeof c->account, "%s", p->pw_name);
    else
        p = &none;
    c->as = (struct run_as){.uid = uid, .gid = p->pw_gid};
    return set(c, p) ? -1 : find_groups(c);
}

const char *caller_error(int e)
{
    if (e == ENOENT)
        return "you have no account on the launcher's host";
    if (e == E2BIG)
        return "you are in more than 1024 groups on the launcher's host";
    return "your account cannot be used on the launcher's host";
}

#include "must.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "roll.h"
#include "say.h"

#define DATABASE "config.cdb"

enum { NAME = 64 };

static const char *state_path(const char *kind, const char *name)
{
    static char path[PATH_MAX];

    if (roll_path(path, sizeof path, kind, name))
        say_die_errno("unable to use the state directory %s", roll_state());
    return path;
}

static void die_without_conf(void)
{
    say_die(SAY_SYSTEM, "unable to open %s: %s (run vlab-compile-config first)",
            state_path(DATABASE, 0), strerror(ENOENT));
}

void must_fail(const char *kind, const char *name)
{
    int saved = errno;

    if (saved == ENOENT && access(state_path(DATABASE, 0), F_OK) && errno == ENOENT)
        die_without_conf();
    errno = saved;
    say_die_errno("unable to open %s", state_path(kind, name));
}

/* Of a user or a group, or the number of one that has none. */
static void name(char *out, const char *text, unsigned long number)
{
    if (text)
        snprintf(out, NAME, "%s", text);
    else
        snprintf(out, NAME, "%lu", number);
}

void must_deny(int group)
{
    char user[NAME], its[NAME];
    struct passwd *p;
    struct group *g;
    struct stat st;

    if (stat(roll_state(), &st))
        say_die_errno("unable to use the state directory %s", roll_state());
    p = getpwuid(st.st_uid);
    g = getgrgid(st.st_gid);
    name(user, p ? p->pw_name : 0, st.st_uid);
    name(its, g ? g->gr_name : 0, st.st_gid);
    if (group)
        say_die(SAY_NO, "only root, the user %s and the group %s may do this", user, its);
    if (st.st_uid == 0)
        say_die(SAY_NO, "only root may do this");
    say_die(SAY_NO, "only root and the user %s may do this", user);
}

void must_own(struct owner *owner)
{
    if (owner_find(owner) == 0) {
        if (owner_files(owner))
            say_die_errno("unable to use files as the owner of %s", roll_state());
        return;
    }
    if (errno == EPERM)
        must_deny(0);
    if (errno == ENOENT)
        die_without_conf();
    say_die_errno("unable to use the state directory %s", roll_state());
}

void must_conf(struct conf *c)
{
    if (conf_open(c) == 0)
        return;
    if (errno == EPROTO)
        say_die(SAY_SYSTEM, "%s is no database: run vlab-compile-config",
                state_path(DATABASE, 0));
    must_fail(DATABASE, 0);
}

struct conf_lines must_pool(struct conf *c, const char *pool)
{
    struct conf_lines lines;
    int k = conf_find(c, "pool", pool, &lines);

    if (k < 0)
        say_die_errno("unable to read %s", state_path(DATABASE, 0));
    if (k == 0)
        say_die(SAY_NO, "there is no pool %s: vlab-ls lists them", pool);
    return lines;
}

static void die_if_pool(struct conf *c, const char *text)
{
    struct conf_lines lines;

    if (c->fd >= 0 && conf_find(c, "pool", text, &lines) == 1)
        say_die(SAY_NO, "%s is a pool, not a board: vlab-ls %s lists its boards", text,
                text);
}

void must_address(struct conf *c, const char *text, char *address)
{
    if (address_canonical(text, conf_setting(c, CONF_PORT), address) == 0)
        return;
    die_if_pool(c, text);
    say_die(SAY_USAGE,
            "%s is no address of a board: it is HOST, HOST:PORT, [IPV6] or [IPV6]:PORT",
            text);
}

void must_no_board(struct conf *c, const char *text, const char *address)
{
    if (c->fd < 0 && access(state_path(DATABASE, 0), F_OK) && errno == ENOENT)
        die_without_conf();
    die_if_pool(c, text);
    say_die(SAY_NO, "there is no board %s: vlab-ls lists them", address);
}

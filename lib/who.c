#include "who.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "say.h"

enum { KNOWN = 256 /* names of a kind that are remembered */ };

struct known {
    int is;
    unsigned id;
    char name[WHO_NAME];
};

static struct known users[KNOWN], groups[KNOWN];

static void remember(struct known *k, unsigned id, const char *found)
{
    k->is = 1;
    k->id = id;
    if (found && *found && strlen(found) < WHO_NAME)
        strcpy(k->name, found);
    else
        snprintf(k->name, WHO_NAME, "%u", id);
}

void who_user(uid_t uid, char name[WHO_NAME])
{
    struct known *k = &users[uid % KNOWN];
    if (!k->is || k->id != uid) {
        const struct passwd *p = getpwuid(uid);
        remember(k, uid, p ? p->pw_name : 0);
    }
    strcpy(name, k->name);
}

void who_group(gid_t gid, char name[WHO_NAME])
{
    struct known *k = &groups[gid % KNOWN];
    if (!k->is || k->id != gid) {
        const struct group *g = getgrgid(gid);
        remember(k, gid, g ? g->gr_name : 0);
    }
    strcpy(name, k->name);
}

int who_is_group(const struct ninep_text *name, gid_t *gid)
{
    char text[WHO_NAME];
    const struct group *g;
    unsigned long number;
    if (name->length >= WHO_NAME || memchr(name->at, 0, name->length)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(text, name->at, name->length);
    text[name->length] = 0;
    g = getgrnam(text);
    if (!g && say_number(text, 0, 0xfffffffeul, &number) < 0) {
        errno = EINVAL;
        return -1;
    }
    *gid = g ? g->gr_gid : (gid_t)number;
    return 0;
}

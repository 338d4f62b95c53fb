/* caller: for whom a launcher runs a command, and what the command finds of it. */
#ifndef CALLER_H
#define CALLER_H

#include <limits.h>

#include "conf.h"
#include "run.h"

enum { CALLER_VARIABLES = 6, CALLER_VALUE = PATH_MAX, CALLER_GROUPS = 1024 };

struct caller {
    uid_t uid;
    char name[CONF_NAME];       /* as the config has it */
    char account[CALLER_VALUE]; /* as the system has it, of who the command is to be */
    struct run_as as;
    gid_t group[CALLER_GROUPS];
    int changes; /* the command is to be as; else who we are */
    char *environment[CALLER_VARIABLES + 1];
    char room[CALLER_VARIABLES][CALLER_VALUE];
};

/* Find out: for uid and name, all else is filled in. When we are root, the command is to
   be the user; else who we are. It finds PATH, HOME, USER, LOGNAME and SHELL as a login
   has them, and the caller's name in VLAB_USER. Returns 0, or -1 and errno: ENOENT when
   the system does not know the user it would have to become, E2BIG when he has more than
   CALLER_GROUPS groups, ENAMETOOLONG. */
int caller_find(struct caller *c);

/* What this errno of it means. */
const char *caller_error(int e);

#endif

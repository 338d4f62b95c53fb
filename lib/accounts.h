/* accounts: who may use what, from the user and the group database. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <stdio.h>
#include <sys/types.h>

#include "names.h"

/* One thing that is true of a uid. */
enum { ACCOUNTS_USER, ACCOUNTS_GROUP };
struct account {
    uid_t uid;
    unsigned kind;
    unsigned name; /* a user's in accounts.users, a group's in the groups asked for */
};

struct accounts {
    struct names users;   /* all, in the order of the database */
    struct account *list; /* by uid, kind and name, nothing twice */
    size_t count;
    unsigned uids;      /* how many different ones */
    char *known_groups; /* by number in the groups asked for: does it exist? */
    char *known_users;
};

/* Find everybody who is in one of the groups (by his primary group too) or is one of the
   users. passwd and group are files like passwd(5) and group(5), or 0 for getpwent(3) and
   getgrent(3). Returns 0, or -1 and errno; accounts_free frees it in any case. */
int accounts_read(struct accounts *a, const struct names *groups,
                  const struct names *users, FILE *passwd, FILE *group);
void accounts_free(struct accounts *a);

#endif

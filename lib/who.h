/* who: the names of users and groups, remembered. */
#ifndef WHO_H
#define WHO_H

#include <sys/types.h>

#include "ninep.h"

enum { WHO_NAME = 64 /* bytes of a name, at most, with its end; longer: the number */ };

/* The name, or the number as text if there is none. */
void who_user(uid_t uid, char name[WHO_NAME]);
void who_group(gid_t gid, char name[WHO_NAME]);

/* The group of a name, or of a number. Returns 0, or -1 EINVAL: there is none. */
int who_is_group(const struct ninep_text *name, gid_t *gid);

#endif

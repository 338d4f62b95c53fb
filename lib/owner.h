/* owner: act as the owner of the state directory. Whatever root makes there is made under
   his name, so that it is his from the first moment on, and nothing that he could have
   put there leads root astray. */
#ifndef OWNER_H
#define OWNER_H

#include <sys/types.h>

struct owner {
    uid_t uid;
    gid_t gid;
};

/* Look whose the state directory is. Returns 0, or -1 and errno: EPERM when we are
   neither he nor root. */
int owner_find(struct owner *o);

/* Become he for a while, and again who we were. Return 0, or -1 and errno. */
int owner_enter(const struct owner *o);
int owner_leave(void);

/* Become he for good. Returns 0, or -1 and errno. */
int owner_stay(const struct owner *o);

/* Touch files as he would, but stay who we are for signals; and again as who we are.
   owner_enter and owner_leave undo the one, as exec(2) does, and both undo
   PR_SET_PDEATHSIG. Return 0, or -1 EPERM. */
int owner_files(const struct owner *o);
int owner_files_leave(void);

#endif

/* setid: the set-user-ID and set-group-ID bits of files, where root changes them for
   others. */
#ifndef SETID_H
#define SETID_H

#include <sys/types.h>

/* What this process writes, or cuts, loses these bits, as it does when somebody writes
   who is not root: it has CAP_FSETID no more, but for setid_chmod. Returns 0, or -1 and
   errno. */
int setid_guard(void);

/* chmod(2) as root can it, when we are root: a directory keeps its set-group-ID bit,
   though we are not in its group. */
int setid_chmod(const char *path, mode_t mode);

#endif

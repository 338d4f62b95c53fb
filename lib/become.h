/* become: root does something as another user, and is root again. */
#ifndef BECOME_H
#define BECOME_H

#include <stddef.h>
#include <sys/types.h>

enum { BECOME_MOST = 1024 /* users that are kept at a time */ };

struct become {
    unsigned refs;
    uid_t uid;
    gid_t gid;
    size_t groups;
    gid_t group[]; /* as the system knows them when he is looked for */
};

/* Look that this process can become others and come back: it is root, really and wholly,
   and the kernel takes root's capabilities away from whoever it becomes. Returns 0, or
   -1 EPERM. */
int become_open(void);

/* The user of a name; *who is 0 for those who are root. Returns 0, or -1 and errno: EPERM
   (nobody has this name), EMFILE (too many are kept), ENOMEM. become_keep has it kept
   once more; become_drop drops 0, too. */
int become_find(const char *name, struct become **who);
void become_keep(struct become *who);
void become_drop(struct become *who);

/* From now on we do what he may do, with his groups and no capabilities; 0: root again.
   Only the effective ids change: nobody but root may send us signals or look into us.
   Returns 0, or -1 and errno: we are root. Root we always become: who cannot be it again
   does nothing more, this process ends. */
int become_now(const struct become *who);

#endif

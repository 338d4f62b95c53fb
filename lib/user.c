#include "user.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int user_join_at(struct roll *r, const char *kind, const char *prefix, uid_t uid,
                 const char *name, unsigned most)
{
    char text[ROLL_TEXT], file[48];
    int k, saved;

    snprintf(file, sizeof file, "%s%lu", prefix, (unsigned long)uid);
    snprintf(text, sizeof text, "%s %lu", name, (unsigned long)uid);
    if (roll_open(r, kind, file, ROLL_CREATE))
        return -1;
    k = roll_gate(r);
    if (k == 0)
        k = roll_join(r, 1, most, text);
    if (k == 0) {
        roll_ungate(r);
        return 0;
    }
    saved = errno;
    roll_close(r);
    errno = saved;
    return -1;
}

int user_join(struct roll *r, uid_t uid, const char *name, unsigned most)
{
    return user_join_at(r, "user", "", uid, name, most);
}

void user_signal(const struct roll *r, int sig)
{
    struct roll_entry e = {0};
    int fd;

    while (roll_next(r, &e) > 0) {
        fd = roll_signal(r, &e, sig);
        if (fd >= 0)
            close(fd);
    }
}

int user_tell(const char *uid, int sig, void (*lost)(const struct roll_entry *))
{
    struct roll_entry e = {0};
    struct roll r;
    int fd, k, saved;

    if (roll_open(&r, "user", uid, ROLL_READ))
        return errno == ENOENT ? 0 : -1;
    while ((k = roll_next(&r, &e)) > 0) {
        fd = roll_signal(&r, &e, sig);
        if (fd >= 0)
            close(fd);
        else if (errno != ESRCH && lost)
            lost(&e);
    }
    saved = errno;
    roll_close(&r);
    errno = saved;
    return k;
}

#include "user.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int user_join(struct roll *r, uid_t uid, const char *name, unsigned most)
{
    char text[ROLL_TEXT], number[24];
    int k, saved;

    snprintf(number, sizeof number, "%lu", (unsigned long)uid);
    snprintf(text, sizeof text, "%s %s", name, number);
    if (roll_open(r, "user", number, ROLL_CREATE))
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

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "dial.h"
#include "message.h"
#include "say.h"

enum { FEW = 64, EACH = 250, USERS = 256 };

struct user {
    uid_t uid;
    unsigned has;
};

static int compare(const void *a, const void *b)
{
    const unsigned long *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* All may write in the directory, so each only has as many as he may have, and hides
   nobody. */
static int may_have(struct user *users, uid_t uid)
{
    struct user *u = users;
    while (u < users + USERS && u->has && u->uid != uid)
        u++;
    if (u == users + USERS || u->has == CONSOLE_OF_USER)
        return 0;
    u->uid = uid;
    u->has++;
    return 1;
}

/* The numbers in the directory, sorted; for free(3). Returns how many, or -1 and errno.
 */
static long collect(unsigned long **all, long long deadline)
{
    struct user users[USERS] = {0};
    size_t n = 0, room = FEW;
    struct stat s;
    struct dirent *e;
    DIR *d = opendir(console_dir());
    if (!d)
        return -1;
    *all = malloc(room * sizeof **all);
    while (*all && dial_left(deadline) && (errno = 0, e = readdir(d))) {
        unsigned long *more, number;
        if (say_number(e->d_name, 0, CONSOLE_LAST, &number) ||
            fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) ||
            !S_ISSOCK(s.st_mode) || !may_have(users, s.st_uid))
            continue;
        (*all)[n++] = number;
        if (n < room)
            continue;
        more = reallocarray(*all, room *= 2, sizeof **all);
        if (!more)
            free(*all);
        *all = more;
    }
    closedir(d);
    if (!*all)
        return -1;
    qsort(*all, n, sizeof **all, compare);
    return (long)n;
}

static void forget(unsigned long number, uid_t owner, const char *said)
{
    (void)number, (void)owner, (void)said;
}

static int ask_all(const char *question,
                   void (*one)(unsigned long number, uid_t owner, const char *said))
{
    long long deadline = dial_now() + CONSOLE_PATIENCE;
    unsigned long *all;
    long n = collect(&all, deadline);
    if (n < 0)
        return errno == ENOENT ? 0 : -1;
    for (long i = 0; i < n && dial_left(deadline); i++) {
        char line[CONSOLE_LINE];
        uid_t owner;
        /* One that is silent must not hide the others. */
        long long until = dial_sooner(deadline, dial_now() + EACH);
        int fd = console_reach(all[i], &owner, until);
        if (fd < 0)
            continue;
        if (message_send(fd, "%s", question) == 0 && !console_hear(fd, line, until) &&
            !strncmp(line, "ok ", 3))
            one(all[i], owner, line + 3);
        close(fd);
    }
    free(all);
    return 0;
}

int console_list(void (*one)(unsigned long number, uid_t owner, const char *said))
{
    return ask_all("list", one);
}

int console_wall(const char *text)
{
    char line[CONSOLE_LINE];
    snprintf(line, sizeof line, "wall %.*s", CONSOLE_LINE - 8, text);
    return ask_all(line, forget);
}

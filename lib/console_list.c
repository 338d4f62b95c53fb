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

struct one {
    unsigned long number;
    uid_t owner;
    int late; /* another one of his was silent */
};

static int compare(const void *a, const void *b)
{
    const struct one *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
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

/* What is in the directory, sorted; for free(3). Returns how many, or -1 and errno. */
static long collect(struct one **all, long long deadline)
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
        unsigned long number;
        struct one *more;
        if (say_number(e->d_name, 0, CONSOLE_LAST, &number) ||
            fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW) ||
            !S_ISSOCK(s.st_mode) || !may_have(users, s.st_uid))
            continue;
        (*all)[n++] = (struct one){.number = number, .owner = s.st_uid};
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

/* Returns 0, or -1: it is silent. */
static int ask(unsigned long number, const char *question,
               void (*one)(unsigned long number, uid_t owner, const char *said),
               long long deadline)
{
    char line[CONSOLE_LINE];
    uid_t owner;
    int fd = console_reach(number, &owner, deadline), answers;
    if (fd < 0)
        return dial_left(deadline) ? 0 : -1;
    answers = message_send(fd, "%s", question) == 0 && !console_hear(fd, line, deadline);
    close(fd);
    if (answers && !strncmp(line, "ok ", 3))
        one(number, owner, line + 3);
    return answers || dial_left(deadline) ? 0 : -1;
}

/* One that is silent must not hide those of others, however many its owner has: the rest
   of his are asked when all others have been. */
static int ask_all(const char *question,
                   void (*one)(unsigned long number, uid_t owner, const char *said))
{
    long long deadline = dial_now() + CONSOLE_PATIENCE;
    struct one *all;
    long n = collect(&all, deadline);
    if (n < 0)
        return errno == ENOENT ? 0 : -1;
    for (int late = 0; late < 2; late++)
        for (long i = 0; i < n && dial_left(deadline); i++) {
            long long until = dial_sooner(deadline, dial_now() + EACH);
            if (all[i].late != late || !ask(all[i].number, question, one, until))
                continue;
            for (long k = i + 1; k < n && !late; k++)
                all[k].late |= all[k].owner == all[i].owner;
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

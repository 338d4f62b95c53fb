#include "console.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dial.h"
#include "map.h"
#include "member.h"
#include "reach.h"
#include "say.h"
#include "who.h"

enum {
    BACKLOG = 64,
    LOCK = 5000, /* milliseconds for another one who has the lock, */
    AGAIN = 20   /* and how often we look */
};

const char *console_dir(void)
{
    const char *dir = getenv("VLAB_CONSOLE");
    return dir && *dir ? dir : "/run/vlab/console";
}

/* Its mode is right from the first moment on: who may write above it could put something
   else there before a chmod(2). */
int console_make(void)
{
    char dir[PATH_MAX], *slash;
    size_t n = (size_t)snprintf(dir, sizeof dir, "%s", console_dir());
    mode_t mask;
    int k, saved;
    if (n >= sizeof dir) {
        errno = ENAMETOOLONG;
        return -1;
    }
    while (n > 1 && dir[n - 1] == '/')
        dir[--n] = 0;
    mask = umask(0);
    slash = strrchr(dir, '/');
    if (slash && slash > dir) {
        *slash = 0;
        mkdir(dir, 0755);
        *slash = '/';
    }
    k = mkdir(dir, 01777) && errno != EEXIST ? -1 : 0;
    saved = errno;
    umask(mask);
    errno = saved;
    return k;
}

unsigned console_node(void)
{
    unsigned node = 0;
    struct member m;
    struct conf c;
    if (member_self(&m) == 1)
        return m.node;
    node = member_published();
    if (node || conf_open(&c))
        return node;
    if (map_count(&c) && member_guess(&c, &node) != 1)
        node = 0;
    conf_close(&c);
    return node;
}

static int address(struct sockaddr_un *a, unsigned long number)
{
    int n;
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    n = snprintf(a->sun_path, sizeof a->sun_path, "%s/%lu", console_dir(), number);
    if (n > 0 && (size_t)n < sizeof a->sun_path)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* Is it ours, and does nobody listen there? */
static int is_left(const struct sockaddr_un *a)
{
    struct stat s;
    int fd, left;
    if (lstat(a->sun_path, &s) || !S_ISSOCK(s.st_mode) || s.st_uid != geteuid())
        return 0;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    left = connect(fd, (const struct sockaddr *)a, sizeof *a) && errno == ECONNREFUSED;
    close(fd);
    return left;
}

/* Whoever takes away what he has left, or takes a number, which refuses between bind(2)
   and listen(2), has locked a file that is for this user alone. Others may have made it,
   but then nothing is taken away. Returns a descriptor, or -1 and errno: ETIMEDOUT. */
static int lock(void)
{
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    struct stat s;
    int n =
        snprintf(path, sizeof path, "%s/.%lu", console_dir(), (unsigned long)geteuid());
    long long deadline = dial_now() + LOCK;
    int fd, r, saved;
    if (n < 0 || (size_t)n >= sizeof path)
        return -1;
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (fstat(fd, &s) || s.st_uid != geteuid() || s.st_mode & 077) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    while ((r = flock(fd, LOCK_EX | LOCK_NB)) &&
           (errno == EINTR || errno == EWOULDBLOCK) && dial_left(deadline))
        poll(0, 0, AGAIN);
    if (r == 0)
        return fd;
    saved = errno == EWOULDBLOCK ? ETIMEDOUT : errno;
    close(fd);
    errno = saved;
    return -1;
}

/* How many has this user? What he has left is taken away when that is asked for. */
static unsigned count_own(int clean)
{
    struct sockaddr_un a;
    struct dirent *e;
    struct stat s;
    unsigned long number;
    unsigned n = 0;
    DIR *d = opendir(console_dir());
    while (d && (e = readdir(d)))
        if (!say_number(e->d_name, 0, CONSOLE_LAST, &number) && !address(&a, number) &&
            !lstat(a.sun_path, &s) && S_ISSOCK(s.st_mode) && s.st_uid == geteuid() &&
            !(clean && is_left(&a) && !unlink(a.sun_path)))
            n++;
    if (d)
        closedir(d);
    return n;
}

static int take(int fd, int locked, unsigned node, unsigned long *number)
{
    struct sockaddr_un a;
    if (count_own(0) >= CONSOLE_OF_USER && count_own(locked) >= CONSOLE_OF_USER) {
        errno = EDQUOT;
        return -1;
    }
    for (unsigned k = 0; k < CONSOLE_OF_NODE; k++) {
        int r;
        *number = (unsigned long)node * CONSOLE_OF_NODE + k;
        if (address(&a, *number))
            return -1;
        r = bind(fd, (struct sockaddr *)&a, sizeof a);
        if (r && errno == EADDRINUSE && locked && is_left(&a) && !unlink(a.sun_path))
            r = bind(fd, (struct sockaddr *)&a, sizeof a);
        /* Who may speak there is decided when he has said who he is. */
        if (!r)
            return chmod(a.sun_path, 0666) || listen(fd, BACKLOG) ? -1 : 0;
        if (errno != EADDRINUSE)
            return -1;
    }
    errno = ENOSPC;
    return -1;
}

int console_take(unsigned node, unsigned long *number)
{
    int locked, r, saved;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    errno = 0;
    locked = lock();
    /* Who has it could take away our number before we listen. */
    r = locked < 0 && errno == ETIMEDOUT ? -1 : take(fd, locked >= 0, node, number);
    saved = errno;
    if (locked >= 0)
        close(locked);
    if (!r)
        return fd;
    close(fd);
    errno = saved;
    return -1;
}

void console_leave(unsigned long number)
{
    struct sockaddr_un a;
    if (!address(&a, number))
        unlink(a.sun_path);
}

int console_reach(unsigned long number, uid_t *owner, long long deadline)
{
    struct sockaddr_un a;
    struct ucred who;
    socklen_t n = sizeof who;
    struct stat s;
    int fd, saved;
    if (address(&a, number) || lstat(a.sun_path, &s))
        return -1;
    fd = S_ISSOCK(s.st_mode) ? reach(a.sun_path, 0, 0, deadline) : -1;
    if (fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) &&
        who.uid == s.st_uid) {
        *owner = who.uid;
        return fd;
    }
    /* Or somebody has put there what leads to another service. */
    saved = fd >= 0 || !S_ISSOCK(s.st_mode) || errno == ECONNREFUSED ? ENOENT : errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

int console_hear(int fd, char *line, long long deadline)
{
    if (dial_line(fd, line, CONSOLE_LINE, deadline) < 0)
        return -1;
    for (; *line; line++)
        if (*line < ' ' || *line > '~')
            *line = '?';
    return 0;
}

int console_speaks(uid_t uid)
{
    struct stat s;
    return uid == 0 || (!stat(roll_state(), &s) && s.st_uid == uid);
}

void console_name(uid_t uid, char name[CONSOLE_WHO])
{
    char user[WHO_NAME], host[ROLL_HOST];
    who_user(uid, user);
    roll_host(host);
    snprintf(name, CONSOLE_WHO, "%s@%s", user, host);
}

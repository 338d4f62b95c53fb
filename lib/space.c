#include "space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptor.h"
#include "dial.h"
#include "door.h"
#include "say.h"

enum { SILENCE = 10 /* seconds within which a node that is lost is noticed */ };

const char *space_path(void)
{
    const char *path = getenv("VLAB_NAMESPACE");
    return path && *path ? path : "/vlab";
}

static int path_of(char *out, unsigned node)
{
    int n = snprintf(out, PATH_MAX, "%s/%u", space_path(), node);
    if (n < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static int make(const char *path)
{
    return mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

int space_own(unsigned node)
{
    char path[PATH_MAX], to[8];
    if (path_of(path, node) || make(space_path()))
        return -1;
    if (symlink("/dev", path) == 0)
        return 0;
    if (errno != EEXIST)
        return -1;
    if (readlink(path, to, sizeof to) == 4 && memcmp(to, "/dev", 4) == 0)
        return 0;
    errno = EEXIST;
    return -1;
}

/* Is something mounted there? What is dead is, too. */
static int is_mounted(const char *path)
{
    struct stat here, above;
    if (stat(space_path(), &above))
        return 0;
    if (lstat(path, &here))
        return errno == ENOTCONN;
    return here.st_dev != above.st_dev;
}

/* In a child: become the duct. Its messages, of which the first is that it has mounted,
   go to said. */
static void __attribute__((noreturn)) become(int connection, int said, const char *path)
{
    char k[8], i[16], o[16], name[] = "vlab-duct", place[PATH_MAX];
    char m[] = "-m", u[] = "-u", v[] = "-v", ok[] = "-k", oi[] = "-i", oo[] = "-o";
    char *words[] = {name, m, u, v, ok, k, oi, i, oo, o, place, 0};
    sigset_t none;
    strcpy(place, path);
    snprintf(k, sizeof k, "%d", SILENCE);
    snprintf(i, sizeof i, "%d", connection);
    snprintf(o, sizeof o, "%d", connection);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    if (setsid() < 0 || chdir("/") || descriptor_null(0) || descriptor_null(1) ||
        dup2(said, 2) < 0 || fcntl(connection, F_SETFD, 0))
        say_die_errno("unable to start vlab-duct");
    execvp(name, words);
    say_die_errno("unable to run %s", name);
}

/* What the duct says first, a line. Returns 0 when it has mounted. */
static int hear(int fd, char *why)
{
    long long deadline = dial_now() + SPACE_PATIENCE;
    size_t have = 0;
    char *end = 0;
    while (!end && have < SPACE_WHY - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = 0;
        if (dial_poll(&p, 1, deadline, 0) > 0)
            n = read(fd, why + have, SPACE_WHY - 1 - have);
        if (n <= 0)
            break;
        have += (size_t)n;
        end = memchr(why, '\n', have);
    }
    why[have] = 0;
    why[strcspn(why, "\n")] = 0;
    if (strstr(why, ": mounted"))
        return 0;
    if (!have)
        snprintf(why, SPACE_WHY, "vlab-duct does not come up");
    return -1;
}

static int start(int connection, const char *path, char *why)
{
    int said[2], k;
    pid_t pid;
    if (pipe2(said, O_CLOEXEC)) {
        snprintf(why, SPACE_WHY, "%s", strerror(errno));
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        /* Nobody waits for its end. */
        if (fork() == 0)
            become(connection, said[1], path);
        _exit(0);
    }
    close(said[1]);
    if (pid > 0)
        while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
            ;
    k = hear(said[0], why);
    close(said[0]);
    return k;
}

int space_mount(unsigned node, char *why)
{
    char path[PATH_MAX], no[DOOR_LINE];
    int fd, k;
    if (path_of(path, node) || make(space_path()) || (!is_mounted(path) && make(path))) {
        snprintf(why, SPACE_WHY, "%s: %s", space_path(), strerror(errno));
        return -1;
    }
    if (is_mounted(path) && access(path, F_OK) == 0)
        return 0;
    k = door_open(node, "duct", dial_now() + DOOR_PATIENCE, &fd, no);
    if (k != 1) {
        snprintf(why, SPACE_WHY, "%.200s", k ? dial_error(errno) : no);
        return -1;
    }
    k = start(fd, path, why);
    close(fd);
    return k;
}

int space_umount(unsigned node, int lazily)
{
    char path[PATH_MAX];
    if (path_of(path, node))
        return -1;
    if (is_mounted(path) && umount2(path, UMOUNT_NOFOLLOW | (lazily ? MNT_DETACH : 0)))
        return -1;
    return rmdir(path) && errno != ENOENT && errno != ENOTDIR ? -1 : 0;
}

static int compare(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int space_list(unsigned *nodes, unsigned most)
{
    char path[PATH_MAX];
    struct dirent *e;
    unsigned long n;
    unsigned count = 0;
    DIR *dir = opendir(space_path());
    if (!dir)
        return errno == ENOENT ? 0 : -1;
    while (count < most && (e = readdir(dir)))
        if (say_number(e->d_name, 1, MAP_LAST, &n) == 0 &&
            path_of(path, (unsigned)n) == 0 && is_mounted(path))
            nodes[count++] = (unsigned)n;
    closedir(dir);
    qsort(nodes, count, sizeof *nodes, compare);
    return (int)count;
}

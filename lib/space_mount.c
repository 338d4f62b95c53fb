#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptor.h"
#include "dial.h"
#include "door.h"
#include "message.h"
#include "say.h"
#include "space.h"

enum { TRIES = 3 };

/* Nothing of who started us is kept: neither what is open, nor how he takes signals. */
static int let_go(int connection, int said)
{
    int keep[] = {connection, said};
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL); /* not of all it can be said */
    sigemptyset(&none);
    umask(022);
    return sigprocmask(SIG_SETMASK, &none, 0) || setsid() < 0 || chdir("/") ||
           descriptor_close(keep, 2) || descriptor_null(0) || descriptor_null(1) ||
           dup2(said, 2) < 0 || fcntl(connection, F_SETFD, 0);
}

/* In a child: become the duct. Its messages, of which the first is that it has mounted,
   go to said. */
static void __attribute__((noreturn))
become(enum space_place place, unsigned node, int connection, int said)
{
    static char at[PATH_MAX];
    char k[8], i[16], o[16], n[16], name[] = "vlab-duct";
    char m[] = "-m", u[] = "-u", v[] = "-v", ok[] = "-k", oi[] = "-i", oo[] = "-o";
    char on[] = "-n", *words[] = {name, m, u, v, ok, k, oi, i, oo, o, on, n, at, 0};
    snprintf(k, sizeof k, "%d", DOOR_SILENCE);
    snprintf(i, sizeof i, "%d", connection);
    snprintf(o, sizeof o, "%d", connection);
    snprintf(n, sizeof n, "%u", node);
    if (space_at(place, 0, at) || let_go(connection, said))
        say_die_errno("unable to start vlab-duct");
    execvp(name, words);
    say_die_errno("unable to run %s", name);
}

/* What the duct says first, a line. Returns 0 when it has mounted. */
static int hear(int fd, char *why)
{
    static const char good[] = "vlab-duct: mounted at ", bad[] = "vlab-duct: fatal: ";
    long long deadline = dial_now() + SPACE_PATIENCE;
    size_t have = 0;
    char *end = 0;
    while (!end && have < SPACE_WHY - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n = dial_poll(&p, 1, deadline, 0);
        if (n > 0)
            n = read(fd, why + have, SPACE_WHY - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
        end = memchr(why, '\n', have);
    }
    why[have] = 0;
    why[strcspn(why, "\n")] = 0;
    if (strncmp(why, good, sizeof good - 1) == 0)
        return 0;
    if (!have)
        snprintf(why, SPACE_WHY, "vlab-duct does not come up");
    else if (strncmp(why, bad, sizeof bad - 1) == 0)
        memmove(why, why + sizeof bad - 1, have + 1 - (sizeof bad - 1));
    return -1;
}

static int start(enum space_place place, unsigned node, int connection, char *why)
{
    int said[2], k;
    pid_t pid;
    if (pipe2(said, O_CLOEXEC) || (said[1] = descriptor_raise(said[1])) < 0) {
        snprintf(why, SPACE_WHY, "%s", strerror(errno));
        return -1;
    }
    pid = fork();
    if (pid == 0)
        become(place, node, connection, said[1]);
    close(said[1]);
    k = hear(said[0], why);
    close(said[0]);
    if (k && pid > 0)
        kill(pid, SIGTERM);
    return k;
}

/* What a duct has left that was killed with its sweep, or a mount that ended just now. */
static void clear(enum space_place place, unsigned node)
{
    char path[PATH_MAX], source[MOUNTED_SOURCE];
    if (space_look(place, node, path, source) == SPACE_DEAD)
        mounted_clear(source);
    if (space_is_link(place, path))
        unlink(path);
    else
        rmdir(path);
}

static enum space_what what_is(enum space_place place, unsigned node)
{
    char path[PATH_MAX], source[MOUNTED_SOURCE];
    return space_look(place, node, path, source);
}

static int try(enum space_place place, unsigned node, char *why)
{
    static const char *const verb[SPACE_PLACES] = {"duct", "consoles"};
    char no[DOOR_LINE];
    int fd, k = door_open(node, verb[place], dial_now() + DOOR_PATIENCE, &fd, 0, no);
    if (k == 1)
        fd = descriptor_raise(fd);
    if (k != 1 || fd < 0) {
        snprintf(why, SPACE_WHY, "%.200s", k ? door_error(errno) : message_error(no, 0));
        return -1;
    }
    clear(place, node);
    k = start(place, node, fd, why);
    close(fd);
    return k;
}

static int mount_at(enum space_place place, unsigned node, char *why)
{
    enum space_what what = SPACE_NOTHING;
    char path[PATH_MAX];
    /* A duct that is about to end may have taken away what was made for the next one. */
    for (int i = 0; i < TRIES; i++) {
        what = what_is(place, node);
        if (what == SPACE_FOREIGN && space_at(place, node, path) == 0)
            snprintf(why, SPACE_WHY, "something else is mounted at %.200s", path);
        if (what == SPACE_FOREIGN || what == SPACE_DUCT)
            break;
        if (try(place, node, why) == 0) {
            snprintf(why, SPACE_WHY, "its vlab-duct has ended again");
            break;
        }
        if (!strstr(why, MOUNTED_RACE))
            break;
    }
    return what == SPACE_DUCT || what_is(place, node) == SPACE_DUCT ? 0 : -1;
}

/* All but its consoles is there. */
static void only_devices(unsigned node, char *why)
{
    char reason[SPACE_WHY];
    strcpy(reason, why);
    snprintf(why, SPACE_WHY, "its devices are there, but not %.64s/pts/%u: %.150s",
             space_path(), node, reason);
}

int space_mount(unsigned node, char *why)
{
    snprintf(why, SPACE_WHY, "%s cannot be used", space_path());
    if (space_make()) {
        snprintf(why, SPACE_WHY, "%s: %s", space_path(), strerror(errno));
        return -1;
    }
    for (int place = 0; place < SPACE_PLACES; place++)
        if (mount_at(place, node, why)) {
            if (place == SPACE_CONSOLES)
                only_devices(node, why);
            return -1;
        }
    return 0;
}

static void await(int duct)
{
    struct pollfd p = {.fd = duct, .events = POLLIN};
    long long deadline = dial_now() + SPACE_END;
    while (dial_poll(&p, 1, deadline, 0) < 0 && errno == EINTR)
        ;
}

/* Its duct ends, by force if it is stopped. */
static int end(int duct, int sig)
{
    if (syscall(SYS_pidfd_send_signal, duct, sig, 0, 0) && errno != ESRCH)
        return -1;
    await(duct);
    return 0;
}

/* Returns 0, or -1 and errno. */
static int take_away(const char *path, const char *source, int lazily)
{
    int duct = space_duct(source), k;
    if (!lazily) {
        k = umount2(path, UMOUNT_NOFOLLOW);
        if (k == 0 && duct >= 0)
            await(duct);
    } else {
        k = duct < 0 ? 0 : end(duct, SIGTERM) || end(duct, SIGKILL);
        if (k == 0)
            k = mounted_clear_all(source, SPACE_END / 1000) ? -1 : 0;
    }
    if (duct >= 0) {
        int e = errno;
        close(duct);
        errno = e;
    }
    return k;
}

static int umount_at(enum space_place place, unsigned node, int lazily)
{
    char path[PATH_MAX], source[MOUNTED_SOURCE];
    enum space_what what = space_look(place, node, path, source);
    if (what == SPACE_FOREIGN) {
        errno = EEXIST;
        return -1;
    }
    if (what != SPACE_NOTHING && take_away(path, source, lazily))
        return -1;
    /* What was there before stays. */
    return *path && rmdir(path) && errno != ENOENT && errno != ENOTDIR &&
                   errno != ENOTEMPTY
               ? -1
               : 0;
}

int space_umount(unsigned node, int lazily)
{
    for (int place = 0; place < SPACE_PLACES; place++)
        if (umount_at(place, node, lazily))
            return -1;
    return 0;
}

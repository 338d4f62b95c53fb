/* How a file system gets from /dev/fuse to its place: by mount(2), or by the help of
   fusermount3, which does it for users and gives us the descriptor. Not by libfuse, which
   knows places only by their paths, and at the end takes away whatever is there. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "held.h"
#include "mounted.h"
#include "op.h"

enum { KERNEL_AHEAD = 131072 /* bytes, without being told */ };

/* What they may do the kernel decides, by what it is told of modes and owners; or, for
   each who opens as himself, the peer. */
static const char *all_users(const struct mount *m)
{
    return m->users.wanted ? ",allow_other" : ",allow_other,default_permissions";
}

/* As root. Returns the descriptor, or -1 and errno. */
static int by_root(const struct mount *m, unsigned max_read)
{
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    char place[HELD_PROC], options[160];
    if (fd < 0)
        return -1;
    held_proc(place, m->place->fd);
    snprintf(options, sizeof options,
             "fd=%d,rootmode=40000,user_id=%u,group_id=%u,max_read=%u%s", fd,
             (unsigned)getuid(), (unsigned)getgid(), max_read, all_users(m));
    if (mount(m->source, place, MOUNTED_TYPE, MS_NOSUID | MS_NODEV, options) == 0)
        return fd;
    held_close(fd);
    return -1;
}

/* The descriptor that comes over the socket, or -1. */
static int receive(int s)
{
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec v = {.iov_base = &byte, .iov_len = 1};
    struct msghdr h = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    const struct cmsghdr *c;
    int fd = -1;
    ssize_t n;
    while ((n = recvmsg(s, &h, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    c = n > 0 ? CMSG_FIRSTHDR(&h) : 0;
    if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* Run it, with that end of a socketpair for what it has to give. Returns 0, or -1. */
static int run(char **argv, int end)
{
    posix_spawn_file_actions_t actions;
    char number[16];
    pid_t pid;
    int r;
    snprintf(number, sizeof number, "%d", end);
    if (setenv("_FUSE_COMMFD", number, 1) < 0 ||
        posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    /* Onto itself: it is open then, behind execve(2), too. */
    r = posix_spawn_file_actions_adddup2(&actions, end, end);
    if (!r)
        r = posix_spawnp(&pid, argv[0], &actions, 0, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    unsetenv("_FUSE_COMMFD");
    if (r)
        return -1;
    while (waitpid(pid, 0, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* It does nothing that the user may not do, wherever the path leads by now. */
static int by_helper(const struct mount *m, unsigned max_read)
{
    char program[] = "fusermount3", o[] = "-o", end[] = "--", path[PATH_MAX];
    char text[128], *options = 0, *argv[] = {program, o, 0, end, path, 0};
    int s[2], fd = -1;
    strcpy(path, m->place->path);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) < 0)
        return -1;
    snprintf(text, sizeof text, "nosuid,nodev,subtype=vlab-duct,max_read=%u%s", max_read,
             geteuid() ? "" : all_users(m));
    fuse_opt_add_opt(&options, text);
    snprintf(text, sizeof text, "fsname=%s", m->source);
    fuse_opt_add_opt_escaped(&options, text);
    argv[2] = options;
    if (options && run(argv, s[1]) == 0) {
        close(s[1]);
        s[1] = -1;
        fd = receive(s[0]);
    }
    free(options);
    held_close(s[0]);
    held_close(s[1]);
    errno = EPERM;
    return fd;
}

const char *mount_fuse(struct mount *m, unsigned max_read)
{
    int fd = -1, flags;
    char path[32];
    if (!place_stays(m->place))
        return "it was moved or replaced " MOUNTED_RACE;
    errno = EPERM;
    if (!geteuid())
        fd = by_root(m, max_read);
    if (fd < 0 && errno == EPERM)
        fd = by_helper(m, max_read);
    if (fd < 0)
        return strerror(errno);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
        fuse_session_mount(m->session, path)) {
        close(fd);
        return "unable to use /dev/fuse";
    }
    m->fd = fd;
    if (!place_stays(m->place))
        return "it was moved or replaced " MOUNTED_RACE;
    if (mounted_on(m->source, m->place->path, m->place->below) != 1)
        return "something else has been mounted there " MOUNTED_RACE;
    /* Who asks for several messages at a time is woken, and wakes the peer, less often.
     */
    if (OP_AHEAD * m->unit > KERNEL_AHEAD)
        mounted_ahead(m->source, OP_AHEAD * m->unit);
    return 0;
}

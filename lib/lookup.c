#include "lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int lookup_literal(struct lookup_address *a, const char *text, unsigned port)
{
    memset(a, 0, sizeof *a);
    if (inet_pton(AF_INET, text, &a->to.v4.sin_addr) == 1) {
        a->to.v4.sin_family = AF_INET;
        a->to.v4.sin_port = htons(port);
        a->length = sizeof a->to.v4;
        return 1;
    }
    if (inet_pton(AF_INET6, text, &a->to.v6.sin6_addr) == 1) {
        a->to.v6.sin6_family = AF_INET6;
        a->to.v6.sin6_port = htons(port);
        a->length = sizeof a->to.v6;
        return 1;
    }
    return 0;
}

int lookup_start(struct lookup *l, const char *name)
{
    char program[] = "getent", database[] = "ahosts", end[] = "--", key[256];
    char *const argv[] = {program, database, end, key, 0};
    char *const nothing[] = {0};
    posix_spawn_file_actions_t actions;
    int ends[2], e;
    if (strlen(name) >= sizeof key) {
        errno = ENOENT;
        return -1;
    }
    strcpy(key, name);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    e = posix_spawn_file_actions_init(&actions);
    if (!e) {
        e = posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        if (!e)
            e = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        if (!e)
            e = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        if (!e)
            e = posix_spawn(&l->pid, "/usr/bin/getent", &actions, 0, argv, nothing);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    if (e) {
        close(ends[0]);
        errno = e == ENOENT ? ENOSYS : e;
        return -1;
    }
    l->fd = ends[0];
    l->have = 0;
    return 0;
}

int lookup_read(struct lookup *l)
{
    size_t room = sizeof l->text - 1 - l->have;
    ssize_t n = read(l->fd, l->text + l->have, room);
    if (n < 0 && errno == EINTR)
        return 1;
    if (n > 0)
        l->have += (size_t)n;
    return n > 0 && (size_t)n < room;
}

/* getent's lines are `ADDRESS STREAM NAME`, one line per socket type. */
unsigned lookup_end(struct lookup *l, unsigned port, struct lookup_address *a)
{
    unsigned n = 0;
    char *save, *line;
    close(l->fd);
    kill(l->pid, SIGKILL);
    while (waitpid(l->pid, 0, 0) < 0 && errno == EINTR)
        ;
    l->text[l->have] = 0;
    line = strtok_r(l->text, "\n", &save);
    for (; line && n < LOOKUP_MOST; line = strtok_r(0, "\n", &save)) {
        if (!strstr(line, " STREAM"))
            continue;
        line[strcspn(line, " ")] = 0;
        n += (unsigned)lookup_literal(&a[n], line, port);
    }
    return n;
}

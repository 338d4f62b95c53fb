/* serve: start a server beside a test's program, on a connection of their own. */
#ifndef SERVE_H
#define SERVE_H

#include <sys/socket.h>
#include <unistd.h>

#include "say.h"

/* The server's connection is its descriptors 0 and 1. Returns our end; dies of failure.
 */
static int serve_beside(char **argv)
{
    int s[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
        say_die_errno("unable to make a socketpair");
    switch (fork()) {
    case -1:
        say_die_errno("unable to fork");
    case 0:
        if (dup2(s[1], 0) < 0 || dup2(s[1], 1) < 0)
            _exit(111);
        execvp(*argv, argv);
        say_die_errno("unable to run %s", *argv);
    }
    close(s[1]);
    return s[0];
}

#endif

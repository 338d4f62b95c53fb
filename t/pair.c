/* pair LINK COMMAND... -- COMMAND...: start two programs, a and b, that speak to each
   other on descriptors 0 and 1, by a socket, a tcp connection or pipes. What they say on
   descriptor 2 is added to a.err and b.err. Prints `a pid PID`, `b pid PID`, and when one
   has ended `a exit CODE`, with 128 + N for a signal. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

static int end[2][2]; /* of a and b: to read, to write */

static void must(int ok, const char *what)
{
    if (!ok)
        say_die_errno("%s", what);
}

static void connect_tcp(int *ends)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof to;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(!bind(door, (struct sockaddr *)&to, n) && !listen(door, 1) &&
             !getsockname(door, (struct sockaddr *)&to, &n) &&
             !connect(ends[0], (struct sockaddr *)&to, n),
         "connect");
    ends[1] = accept4(door, 0, 0, SOCK_CLOEXEC);
    close(door);
    must(ends[1] >= 0, "accept");
}

static void make(const char *link)
{
    int both[2];
    if (!strcmp(link, "pipes")) {
        must(!pipe2(both, O_CLOEXEC), "pipe");
        end[0][0] = both[0];
        end[1][1] = both[1];
        must(!pipe2(both, O_CLOEXEC), "pipe");
        end[1][0] = both[0];
        end[0][1] = both[1];
        return;
    }
    if (!strcmp(link, "tcp"))
        connect_tcp(both);
    else
        must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), "socketpair");
    end[0][0] = end[0][1] = both[0];
    end[1][0] = end[1][1] = both[1];
}

static pid_t start(int i, char **argv)
{
    char file[] = "a.err";
    int err;
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid)
        return pid;
    file[0] = (char)(file[0] + i);
    err = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    must(err >= 0 && dup2(err, 2) >= 0, file);
    must(dup2(end[i][0], 0) >= 0 && dup2(end[i][1], 1) >= 0, "dup2");
    execvp(argv[0], argv);
    say_die_errno("unable to run %s", argv[0]);
}

int main(int argc, char **argv)
{
    pid_t pid[2], one;
    int other = 2, status;
    say_name("pair", "pair socket|tcp|pipes COMMAND... -- COMMAND...");
    while (other < argc && strcmp(argv[other], "--"))
        other++;
    if (other < 3 || other + 1 >= argc)
        say_usage();
    argv[other] = 0;
    setvbuf(stdout, 0, _IOLBF, 0);
    must(!prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl");
    make(argv[1]);
    pid[0] = start(0, argv + 2);
    pid[1] = start(1, argv + other + 1);
    for (int i = 0; i < 4; i++)
        close(end[i / 2][i % 2]);
    printf("a pid %d\nb pid %d\n", (int)pid[0], (int)pid[1]);
    while ((one = wait(&status)) > 0)
        if (one == pid[0] || one == pid[1])
            printf("%c exit %d\n", one == pid[0] ? 'a' : 'b',
                   WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    return SAY_DONE;
}

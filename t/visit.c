/* visit: lib/visit by hand, for the tests. `visit ADDRESS UID USER` comes to a board:
   `first` if it is the first, then `here`, or `error NAME` with the name of its errno,
   and ends. Then the commands from descriptor 0, one a line, until its end:

       bid            a new bid
       rate UART      the rate of a UART
       set UART RATE  another one: `ok`
       leave          go: `last` if it is the last, `gone`; and end

   SIGUSR1 has it say what was told, `told TEXT`; SIGUSR2 `signal`; SIGTERM `ended NOTE`,
   and end. `visit ADDRESS tell TEXT` says the text to all sessions. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ring.h"
#include "say.h"
#include "visit.h"

static struct visit visit = {.roll.fd = -1};

static void say_it(void *text)
{
    puts(text);
}

static int say_first(void *text)
{
    puts(text);
    return 0;
}

static void tell(int k, const char *good)
{
    if (k)
        printf("error %s\n", strerrorname_np(errno));
    else
        puts(good);
}

static void obey(char *line)
{
    static char last[] = "last";
    unsigned a, b;

    if (strcmp(line, "bid") == 0)
        printf("%lu\n", visit_bid(&visit));
    else if (sscanf(line, "rate %u", &a) == 1)
        printf("%u\n", visit_rate(&visit, a));
    else if (sscanf(line, "set %u %u", &a, &b) == 2)
        tell(visit_set_rate(&visit, a, b), "ok");
    else if (strcmp(line, "leave") == 0) {
        visit_leave(&visit, say_it, last);
        puts("gone");
        exit(SAY_DONE);
    } else
        say_die(SAY_USAGE, "%s?", line);
}

static void hear(int signals)
{
    struct signalfd_siginfo s;
    char text[ROLL_TEXT];

    if (read(signals, &s, sizeof s) != sizeof s)
        return;
    if (s.ssi_signo == SIGUSR2)
        puts("signal");
    while (s.ssi_signo == SIGUSR1 && visit_told(&visit, text) == 1)
        printf("told %s\n", text);
    if (s.ssi_signo == SIGTERM) {
        roll_read_note(&visit.roll, text);
        printf("ended %s\n", text);
        exit(SAY_DONE);
    }
}

int main(int argc, char **argv)
{
    static char first[] = "first";
    static const struct visit_ask ask = {0, say_first, first};
    struct pollfd p[2] = {{.fd = 0, .events = POLLIN}, {.events = POLLIN}};
    char line[256];
    sigset_t set;
    int k;

    say_name("visit", "visit ADDRESS UID USER\nvisit ADDRESS tell TEXT");
    if (argc != 4)
        say_usage();
    setvbuf(stdout, 0, _IOLBF, 0);
    setvbuf(stdin, 0, _IONBF, 0);
    if (strcmp(argv[2], "tell") == 0) {
        tell(visit_tell(argv[1], argv[3]), "ok");
        return SAY_DONE;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, 0);
    p[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
    k = visit_enter(&visit, argv[1], (uid_t)atoi(argv[2]), argv[3], &ask);
    tell(k, "here");
    if (k)
        return SAY_NO;
    for (;;) {
        if (poll(p, 2, -1) < 0)
            say_die_errno("poll");
        if (p[1].revents)
            hear(p[1].fd);
        if (!p[0].revents)
            continue;
        if (!fgets(line, sizeof line, stdin))
            return SAY_DONE;
        line[strcspn(line, "\n")] = 0;
        obey(line);
    }
}

/* ninep-mount: lib/mount, for the tests. `ninep-mount [-t SECONDS] DIR SERVER [ARG...]`
   runs a server of 9P on a socketpair, mounts what it serves on DIR, says `up`, and
   serves DIR until somebody unmounts it, the server ends, or a SIGTERM comes. */
#include "mount.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"
#include "serve.h"

static volatile sig_atomic_t ended;

static void end(int sig)
{
    (void)sig;
    ended = 1;
}

/* Returns 0 when the connection is of no use any more. */
static int serve(struct mount *m, struct wire *w, struct pollfd *p)
{
    struct ninep r;
    enum wire_what what;
    int n = wire_move(w, p);
    while ((what = wire_next(w, &r)) == WIRE_MESSAGE)
        if (mount_take(m, &r)) {
            say_warn("nobody asked: type %u tag %u", r.type, r.tag);
            return 0;
        }
    if (p[2].fd >= 0 && p[2].revents)
        mount_serve(m);
    mount_go_on(m);
    wire_write(w);
    return n > 0 && what == WIRE_NOTHING && !w->error;
}

int main(int argc, char **argv)
{
    static struct wire w;
    struct mount_options o = {.fresh = 1};
    struct sigaction sa = {.sa_handler = end};
    struct place place;
    char source[40];
    struct mount *m;
    sigset_t term, none;
    int c, s, up = 0, ok = 1;
    say_name("ninep-mount", "ninep-mount [-t SECONDS] DIR SERVER [ARG...]");
    while ((c = say_options(argc, argv, "t:")) != -1)
        o.fresh = atof(optarg);
    if (argc - optind < 2)
        say_usage();
    o.place = &place;
    snprintf(source, sizeof source, "test, by \\mount %ld", (long)getpid());
    o.source = source;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigaction(SIGTERM, &sa, 0);
    s = serve_beside(argv + optind + 1);
    sigprocmask(SIG_BLOCK, &term, 0);
    if (place_open(&place, argv[optind], 0) || mount_check() || wire_open(&w, s, s) ||
        mount_open(&m, &o, &w))
        say_die_errno("unable to mount on %s", argv[optind]);
    while (ok && mount_state(m) != MOUNT_OVER && mount_state(m) != MOUNT_FAILED) {
        struct pollfd p[3] = {[2] = {.fd = mount_fd(m), .events = POLLIN}};
        if (!up && mount_state(m) == MOUNT_UP) {
            up = 1;
            puts("up");
            fflush(stdout);
        }
        if (ended)
            mount_leave(m, EIO);
        wire_poll(&w, p);
        if (ppoll(p, 3, 0, &none) < 0) {
            if (errno == EINTR)
                continue;
            say_die_errno("unable to wait");
        }
        ok = serve(m, &w, p);
    }
    if (mount_state(m) == MOUNT_FAILED)
        say_die(SAY_SYSTEM, "%s", mount_why(m));
    if (!ok && mount_state(m) != MOUNT_OVER) {
        mount_leave(m, EIO);
        mount_close(m);
        say_die(SAY_SYSTEM, "the server has ended");
    }
    mount_close(m);
    if (wire_end(&w) || wire_flush(&w, dial_now() + 5000))
        say_die_errno("unable to end");
    wire_close(&w);
    return 0;
}

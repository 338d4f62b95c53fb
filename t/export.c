/* export: lib/export on descriptors 0 and 1, for the tests. `export [-r] DIR [MOUNT]`
   serves DIR until the peer closes, with -r read-only, with MOUNT shut off. The reason of
   its end is said on descriptor 2. */
#include "export.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"

/* Returns the exit code, or -1: go on. */
static int serve(struct export *e, struct wire *w, struct pollfd *p)
{
    struct ninep m;
    enum wire_what what;
    int r = wire_move(w, p);
    while ((what = wire_next(w, &m)) == WIRE_MESSAGE)
        if (export_take(e, &m) < 0) {
            say_warn_errno("no longer in step");
            return SAY_SYSTEM;
        }
    if (what == WIRE_GARBAGE) {
        say_warn("garbage");
        return SAY_SYSTEM;
    }
    if (r <= 0 || what == WIRE_CLOSED)
        return SAY_DONE;
    export_go_on(e, p[2].revents);
    return -1;
}

int main(int argc, char **argv)
{
    static struct wire w;
    struct export *e;
    int c, readonly = 0, code;
    say_name("export", "export [-r] DIR [MOUNT]");
    while ((c = say_options(argc, argv, "r")) != -1)
        readonly = 1;
    argc -= optind;
    argv += optind;
    if (argc < 1 || argc > 2)
        say_usage();
    signal(SIGPIPE, SIG_IGN);
    if (wire_open(&w, 0, 1) < 0 || export_open(&e, argv[0], &w, readonly) < 0)
        say_die_errno("unable to serve %s", argv[0]);
    if (argc == 2 && beneath_shut(export_tree(e), argv[1]) < 0)
        say_die_errno("unable to shut %s off", argv[1]);
    do {
        struct pollfd p[3] = {[2] = {.fd = export_fd(e), .events = POLLIN}};
        wire_poll(&w, p);
        if (poll(p, 3, dial_left(export_due(e))) < 0 && errno != EINTR)
            say_die_errno("unable to wait");
        code = serve(e, &w, p);
    } while (code < 0);
    wire_flush(&w, dial_now() + 1000);
    export_close(e);
    wire_close(&w);
    return code;
}

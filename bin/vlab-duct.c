/* What both halves share is in lib/duct. Here it gets what it works on: a wire that is
   ours alone, a tree, a place for the mount, and somebody who clears that place if we are
   killed. All is looked at before a byte is said. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "duct.h"
#include "foreign.h"
#include "mounted.h"
#include "peer.h"
#include "say.h"
#include "shown.h"
#include "sweep.h"

enum { DAY = 86400 };

static struct {
    int exports, mounts; /* do we? */
    int readonly, verbose, statistics, users;
    int uses_fresh; /* was -t given? */
    unsigned long in, out, alive, fresh;
    const char *name;
    struct shown only;
} o = {.exports = 1, .mounts = 1, .in = 0, .out = 1, .alive = 60, .fresh = 1};

static struct duct d;
static struct sweep sweep = {.fd = -1};
static struct place place = {.in = -1, .fd = -1}; /* of the mount */
static char source[40];
static long long began;
static volatile sig_atomic_t signalled, asked, unused;

static void on_signal(int sig)
{
    if (sig == SIGUSR1)
        asked = 1;
    else if (sig == SIGUSR2)
        unused = 1;
    else
        signalled = sig;
}

static void tell(void)
{
    say_info("heard %llu messages, %llu bytes; said %llu messages, %llu bytes; %lld s",
             d.wire.messages_got, d.wire.got, d.wire.messages_sent, d.wire.sent,
             (dial_now() - began) / 1000);
}

/* When something else is mounted over it that cannot be yet. */
static void leave_place(void)
{
    if (o.mounts && place_close(&place) < 0 && errno != EBUSY) {
        say_warn_errno("unable to remove %s", place.path);
        place.made = 0;
    }
}

static void give_back(void)
{
    duct_close(&d);
    if (o.mounts && mounted_clear(source) > 0) {
        say_warn("something else is mounted over %s, which is unmounted behind that",
                 place.path);
        sweep_leave(&sweep);
    }
    leave_place();
    sweep_end(&sweep);
    if (o.statistics)
        tell();
}

/* What has become true, each once. */
static void tell_news(void)
{
    static int is_up, ended, has_ended;
    if (d.is_up > is_up && o.verbose)
        say_info("mounted at %s, messages of %u bytes", place.path, d.wire.most[WIRE_T]);
    if (d.is_up > is_up && o.verbose && place_hides(&place))
        say_info("while it is mounted what was there is hidden");
    if (d.ended > ended)
        leave_place();
    if (d.ended > ended && o.mounts && o.verbose)
        say_info("unmounted");
    if (d.has_ended > has_ended && o.verbose)
        say_info("the peer has unmounted");
    is_up = d.is_up;
    ended = d.ended;
    has_ended = d.has_ended;
}

static void __attribute__((noreturn)) attend(const sigset_t *usual)
{
    int r;
    while ((r = duct_turn(&d, usual)) > 0) {
        tell_news();
        if (asked)
            tell();
        if (signalled || (unused && (!d.tree || !export_used(d.tree))))
            duct_leave(&d);
        asked = signalled = unused = 0;
    }
    tell_news();
    give_back();
    if (r < 0)
        say_die(SAY_SYSTEM, "%s", d.why);
    exit(SAY_DONE);
}

static void catch_signals(sigset_t *usual)
{
    static const int which[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    struct sigaction a = {.sa_handler = on_signal}, old;
    sigset_t mask;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&mask);
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        sigaddset(&mask, which[i]);
        if (!sigaction(which[i], 0, &old) && old.sa_handler != SIG_IGN)
            sigaction(which[i], &a, 0);
    }
    sigprocmask(SIG_BLOCK, &mask, usual);
}

static void check_end(unsigned long fd, int flags, int letter, int is_named)
{
    int mode = fcntl((int)fd, F_GETFL);
    if (mode < 0 || ((mode & O_ACCMODE) != O_RDWR && (mode & O_ACCMODE) != flags))
        say_die(SAY_USAGE, "-%c %lu: that is no descriptor to %s", letter, fd,
                flags == O_RDONLY ? "read" : "write");
    if (!is_named && isatty((int)fd))
        say_die(SAY_USAGE, "descriptor %lu is a terminal, and must be a connection", fd);
}

/* One end of the wire, ours alone as far as that can be had. */
static int open_end(unsigned long fd, int flags)
{
    int mine = foreign_open((int)fd, flags);
    if (mine < 0)
        say_die_errno("unable to use descriptor %lu", fd);
    if (o.alive)
        peer_alive(mine, (unsigned)o.alive);
    return mine;
}

/* Nobody else must hold the wire open, or write to it. */
static void open_wire(void)
{
    int in, out, null;
    if (foreign_fill() < 0)
        say_die_errno("unable to open /dev/null");
    in = open_end(o.in, O_RDONLY);
    out = open_end(o.out, O_WRONLY);
    if (o.in > 2)
        close((int)o.in);
    if (o.out > 2 && o.out != o.in)
        close((int)o.out);
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        say_die_errno("unable to open /dev/null");
    close(null);
    if (wire_open(&d.wire, in, out) < 0)
        say_die_errno("unable to use the connection");
}

static void __attribute__((noreturn)) no_mount(const char *what, const char *where)
{
    int e = errno;
    give_back();
    errno = e;
    say_die_errno("unable to %s %s", what, where);
}

static void open_mount(const char *path)
{
    struct mount_options options = {&place, source, o.users, (double)o.fresh};
    if (place_open(&place, path, o.name) < 0) {
        if (errno == EBUSY)
            say_die(SAY_SYSTEM,
                    "unable to mount at %s: a duct has mounted there already; umount it "
                    "first, or mount at another name (-n)",
                    place.path);
        say_die_errno("unable to mount at %s", place.path);
    }
    snprintf(source, sizeof source, "vlab-duct-%ld", (long)getpid());
    if (mount_check() < 0)
        no_mount("open", "/dev/fuse");
    if (sweep_start(&sweep, source, &place) < 0 ||
        mount_open(&d.mount, &options, &d.wire) < 0)
        no_mount("mount at", place.path);
    d.where = place.path;
}

static unsigned long number(int letter, unsigned long max)
{
    unsigned long n;
    if (say_number(optarg, 0, max, &n) < 0)
        say_die(SAY_USAGE, "-%c %s: a whole number, at most %lu", letter, optarg, max);
    return n;
}

static void options(int argc, char **argv)
{
    struct ninep_text text = ninep_text("none");
    char name[NINEP_NAME + 1];
    int c;
    while ((c = say_options(argc, argv, "xmrsuvd:i:o:k:t:n:")) != -1) {
        switch (c) {
        case 'x':
            o.mounts = 0;
            break;
        case 'm':
            o.exports = 0;
            break;
        case 'r':
            o.readonly = 1;
            break;
        case 's':
            o.statistics = 1;
            break;
        case 'u':
            o.users = 1;
            break;
        case 'v':
            o.verbose = 1;
            break;
        case 'd':
            if (shown_add(&o.only, optarg) < 0)
                say_die(SAY_USAGE, "-d %s: %s", optarg,
                        errno == EINVAL ? "that is no path from the exported directory"
                                        : "these are too many patterns");
            break;
        case 'i':
            o.in = number(c, INT_MAX);
            break;
        case 'o':
            o.out = number(c, INT_MAX);
            break;
        case 'k':
            o.alive = number(c, DAY);
            break;
        case 't':
            o.fresh = number(c, DAY);
            o.uses_fresh = 1;
            break;
        default:
            o.name = optarg;
            text = ninep_text(o.name);
        }
    }
    if (argc - optind != o.exports + o.mounts || !(o.exports || o.mounts))
        say_usage();
    if ((!o.mounts && (o.name || o.uses_fresh)) ||
        (!o.exports && (o.readonly || o.only.count)))
        say_usage();
    if (ninep_name(name, &text) < 0)
        say_die(SAY_USAGE, "-n %s: that is no name of a directory", o.name);
    check_end(o.in, O_RDONLY, 'i', o.in != 0);
    check_end(o.out, O_WRONLY, 'o', o.out != 1);
}

int main(int argc, char **argv)
{
    sigset_t usual;
    say_name("vlab-duct",
             "vlab-duct [-rsuv] [-d pattern] [-i fd] [-o fd] [-k seconds] [-t seconds] "
             "[-n name] "
             "export mount\n"
             "vlab-duct -x [-rsuv] [-d pattern] [-i fd] [-o fd] [-k seconds] export\n"
             "vlab-duct -m [-suv] [-i fd] [-o fd] [-k seconds] [-t seconds] [-n name] "
             "mount\n\n"
             "Have each side of a connection see the other's files; see vlab-duct(1).");
    options(argc, argv);
    catch_signals(&usual);
    began = dial_now();
    if (o.users && geteuid())
        say_die(SAY_SYSTEM, "-u: only root can act for others");
    open_wire();
    if (o.exports && export_open(&d.tree, argv[optind], &d.wire, o.readonly) < 0)
        say_die_errno("unable to export %s", argv[optind]);
    for (unsigned i = 0; i < o.only.count; i++)
        export_only(d.tree, o.only.pattern[i]);
    if (o.exports && o.users && export_users(d.tree) < 0)
        say_die(SAY_SYSTEM, "-u: only root can act for others");
    if (o.mounts)
        open_mount(argv[argc - 1]);
    duct_begin(&d, (unsigned)o.alive);
    attend(&usual);
}

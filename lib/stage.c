#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "audience.h"
#include "console.h"
#include "descriptor.h"
#include "dial.h"
#include "frame.h"
#include "keeper.h"
#include "say.h"

/* Milliseconds for the last output, and again for what is kept of it; who does not read
   at all has less. */
enum { FAREWELL = 30000 };

/* The process that has the pseudo-terminal. It keeps the other end open, too, so that
   nothing the command does to its own makes it hang up. */
static int master, slave, signals;
static pid_t child;
static sigset_t before;
static char last = '\n'; /* what was typed */

/* In the child. */
static void __attribute__((noreturn)) become(char *const *words)
{
    int missing;
    if (signal(SIGPIPE, SIG_DFL) == SIG_ERR || setsid() < 0 ||
        ioctl(slave, TIOCSCTTY, 0) || dup2(slave, 0) < 0 || dup2(slave, 1) < 0 ||
        dup2(slave, 2) < 0 || descriptor_close(0, 0) ||
        sigprocmask(SIG_SETMASK, &before, 0))
        _exit(KEEPER_CANNOT);
    execvp(words[0], words);
    missing = errno == ENOENT;
    say_warn_errno("unable to run %s", words[0]);
    _exit(missing ? KEEPER_MISSING : KEEPER_CANNOT);
}

static int stand(int listener, int first)
{
    const int keep[] = {listener, first, master, slave, signals};
    if (setsid() < 0 || descriptor_close(keep, sizeof keep / sizeof *keep) ||
        descriptor_null(0) || descriptor_null(1) || descriptor_null(2) ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -1;
    return fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
}

/* Returns whether there may be more at once. */
static int move_output(void)
{
    char data[FRAME_PAYLOAD];
    ssize_t n = read(master, data, sizeof data);
    if (n > 0)
        audience_put(data, (size_t)n);
    return n > 0;
}

static int is_in_line(const struct termios *t)
{
    return t->c_lflag & ICANON && last != '\n' && last != (char)t->c_cc[VEOF] &&
           !(last == '\r' && t->c_iflag & ICRNL);
}

/* Within a line the end-of-file character only passes on what there is of it. Returns as
   write(2). */
static ssize_t move_end(void)
{
    struct termios t;
    ssize_t done;
    int again;
    if (tcgetattr(master, &t) || !t.c_cc[VEOF])
        return 0;
    do {
        again = is_in_line(&t);
        done = write(master, &t.c_cc[VEOF], 1);
        if (done > 0)
            last = (char)t.c_cc[VEOF];
    } while (done > 0 && again);
    return done;
}

/* What is typed first comes before all else. */
static int move_input(const char **typed)
{
    const char *data = *typed;
    size_t n = data ? strlen(data) : 0;
    ssize_t done;
    if (!n && !audience_input(&data, &n))
        return 0;
    done = n ? write(master, data, n) : move_end();
    if (done < 0 && errno != EIO)
        return errno == EINTR;
    if (done < 0)
        done = (ssize_t)(n ? n : 1);
    if (n && done > 0)
        last = data[done - 1];
    if (*typed && **typed)
        *typed += done;
    else
        audience_used(n ? (size_t)done : 0);
    return 1;
}

static void resize(void)
{
    struct winsize w = {0};
    if (audience_size(&w.ws_row, &w.ws_col))
        ioctl(master, TIOCSWINSZ, &w);
}

/* Returns 1: the command has ended, status; 2: we are to end; 0. */
static int hear_signals(int *status)
{
    struct signalfd_siginfo i;
    int what = 0;
    while (read(signals, &i, sizeof i) == sizeof i)
        if (i.ssi_signo != SIGCHLD)
            what = 2;
        else if (!what && waitpid(child, status, WNOHANG) == child)
            what = 1;
    return what;
}

/* Returns the exit code, or -1: we are to end. When the command has ended, what is still
   on the terminal goes out as before, when there is room for it. */
static int play(int listener, const char *typed)
{
    enum { LISTENER, MASTER, SIGNALS, SEATS };
    struct pollfd p[SEATS + AUDIENCE_POLL];
    long long late = -1;
    int status = 0;
    for (;;) {
        const char *data;
        size_t n;
        long long until = dial_sooner(audience_wants(p + SEATS), late);
        short events = audience_has_room() ? POLLIN : 0;
        int what, fd;
        if ((typed && *typed) || audience_input(&data, &n))
            events |= POLLOUT;
        p[LISTENER] = (struct pollfd){.fd = listener, .events = POLLIN};
        p[SIGNALS] = (struct pollfd){.fd = signals, .events = POLLIN};
        p[MASTER] = (struct pollfd){.fd = events ? master : -1, .events = events};
        if (poll(p, SEATS + AUDIENCE_POLL, dial_left(until)) < 0 && errno != EINTR)
            return SAY_SYSTEM;
        what = p[SIGNALS].revents ? hear_signals(&status) : 0;
        if (what == 2)
            return -1;
        if (what == 1)
            late = dial_now() + FAREWELL;
        if (p[MASTER].revents & POLLIN)
            move_output();
        audience_move(p + SEATS);
        /* At once: who has typed it may be gone when we look again. */
        while (move_input(&typed))
            ;
        resize();
        if (p[LISTENER].revents) {
            fd = accept4(listener, 0, 0, SOCK_CLOEXEC);
            if (fd >= 0)
                audience_admit(fd, 0);
        }
        while (late >= 0 && (!dial_left(late) || audience_has_room()))
            if (!dial_left(late) || !move_output())
                return keeper_code(status);
    }
}

static void __attribute__((noreturn)) hold(const struct stage *s, int first)
{
    const struct usher u = {.owner = getuid(), .pool = s->pool};
    char line[32] = "hangup";
    int code;
    if (stand(s->listener, first))
        _exit(SAY_SYSTEM);
    audience_open(&u, s->text);
    audience_admit(first, s->who);
    child = fork();
    if (!child)
        become(s->words);
    code = child < 0 || chdir("/") ? SAY_SYSTEM : play(s->listener, s->typed);
    console_leave(s->number);
    if (code >= 0)
        snprintf(line, sizeof line, "exit %d", code);
    audience_end(line, dial_now() + FAREWELL);
    _exit(code < 0 ? SAY_SYSTEM : SAY_DONE);
}

static int open_terminal(int tty)
{
    struct termios t;
    struct winsize w;
    int is = !tcgetattr(tty, &t), sized = is && !ioctl(tty, TIOCGWINSZ, &w);
    if (openpty(&master, &slave, 0, is ? &t : 0, sized ? &w : 0))
        return -1;
    return fcntl(master, F_SETFD, FD_CLOEXEC) || fcntl(slave, F_SETFD, FD_CLOEXEC);
}

int stage_begin(const struct stage *s, int tty)
{
    int pair[2], saved;
    sigset_t all;
    pid_t pid;
    if (open_terminal(tty) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -1;
    sigemptyset(&all);
    for (const int *sig = (const int[]){SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, 0};
         *sig; sig++)
        sigaddset(&all, *sig);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &all, &before))
        return -1;
    signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    pid = signals < 0 ? -1 : fork();
    if (!pid)
        hold(s, pair[1]);
    saved = errno;
    sigprocmask(SIG_SETMASK, &before, 0);
    close(signals);
    close(master);
    close(slave);
    close(pair[1]);
    close(s->listener);
    if (pid > 0)
        return pair[0];
    close(pair[0]);
    errno = saved;
    return -1;
}

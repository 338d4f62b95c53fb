/* The session: version and attach, the file system appears, is served, and goes away. */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "op.h"

enum {
    SHORTEST = 512, /* a peer whose messages are shorter than that is none */
    ALONE = 16,     /* requests that came alone, until there is a look for more again */
    AT_A_TIME = 64  /* requests of the kernel, before the wire gets its turn */
};

int mount_check(void)
{
    int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    return fuse < 0 ? -1 : close(fuse);
}

static void fail(struct mount *m, const char *why)
{
    m->state = MOUNT_FAILED;
    snprintf(m->why, sizeof m->why, "%s", why);
}

int mount_open(struct mount **out, const struct mount_options *o, struct wire *w)
{
    struct ninep t = {.type = NINEP_TVERSION,
                      .tag = NINEP_NOTAG,
                      .msize = WIRE_MSIZE,
                      .text = ninep_text(NINEP_VERSION)};
    struct mount *m = calloc(1, sizeof *m);
    if (!m)
        return -1;
    m->wire = w;
    m->fresh = o->fresh;
    m->users.wanted = o->users;
    m->began = dial_now();
    m->fd = -1;
    m->look = -1;
    m->place = o->place;
    m->source = strdup(o->source);
    calls_open(&m->calls, w);
    behind_open(&m->behind);
    if (!m->source || wire_say(w, WIRE_T, &t)) {
        mount_close(m);
        return -1;
    }
    *out = m;
    return 0;
}

/* What the root is said to be tells whether it is one of us who serves it. */
static void described(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct mount *m = arg;
    const char *reason;
    (void)which;
    (void)e;
    if (m->state != MOUNT_ATTACHING)
        return;
    m->ours = r && ninep_is(&r->stat.muid, NINEP_OURS);
    reason = mount_session_open(m);
    if (reason) {
        fail(m, reason);
        return;
    }
    m->state = MOUNT_UP;
    m->up = 1;
}

static void attached(void *arg, unsigned which, const struct ninep *r, int e)
{
    struct ninep t = {.type = NINEP_TSTAT, .fid = 0};
    struct mount *m = arg;
    char why[128];
    (void)which;
    if (!r) {
        snprintf(why, sizeof why, "the peer does not let us attach: %s", strerror(e));
        fail(m, why);
        return;
    }
    if (inodes_open(&m->inodes, &r->qid[0])) {
        fail(m, "out of memory");
        return;
    }
    m->attached = 1;
    if (m->state != MOUNT_ATTACHING)
        return;
    if (!(r->qid[0].type & NINEP_QTDIR))
        fail(m, "what the peer exports is not a directory");
    else if (call_say(&m->calls, &t, described, m, 0) < 0)
        fail(m, strerror(errno));
}

static void versioned(struct mount *m, const struct ninep *r)
{
    const struct passwd *pw = getpwuid(getuid());
    struct ninep t = {.type = NINEP_TATTACH,
                      .fid = 0,
                      .afid = NINEP_NOFID,
                      .uname = ninep_text(pw ? pw->pw_name : "none"),
                      .aname = ninep_text("")};
    m->versioned = 1;
    if (!ninep_is(&r->text, NINEP_VERSION) || r->msize < SHORTEST) {
        fail(m, "the peer does not speak 9P2000");
        return;
    }
    if (r->msize > WIRE_MSIZE) {
        fail(m, "the peer wants longer messages than were offered");
        return;
    }
    m->msize = r->msize;
    m->wire->most[WIRE_T] = m->msize;
    m->unit = m->msize - NINEP_IOHEADER;
    if (m->unit > OP_PAGE)
        m->unit -= m->unit % OP_PAGE;
    ahead_open(&m->ahead, m->unit, (long long)(m->fresh * 1000) + 1000);
    if (m->state == MOUNT_ATTACHING && call_say(&m->calls, &t, attached, m, 0) < 0)
        fail(m, strerror(errno));
}

enum mount_state mount_state(const struct mount *m)
{
    return (enum mount_state)m->state;
}

const char *mount_why(const struct mount *m)
{
    return m->why;
}

int mount_fd(const struct mount *m)
{
    return m->state == MOUNT_UP && m->held < OP_HELD ? m->fd : -1;
}

void mount_serve(struct mount *m)
{
    int i;
    for (i = 0; i < AT_A_TIME && mount_fd(m) >= 0; i++) {
        int n = fuse_session_receive_buf(m->session, &m->buf);
        if (n == -EINTR)
            continue;
        if (n == -EAGAIN)
            break;
        if (n <= 0) {
            mount_leave(m, EIO);
            break;
        }
        fuse_session_process_buf(m->session, &m->buf);
        /* Who asks for one thing after another does not ask again before his answer. */
        if (!i && m->alone && ++m->alone < ALONE) {
            mount_go_on(m);
            return;
        }
    }
    m->alone = i == 1;
    mount_go_on(m);
}

int mount_take(struct mount *m, const struct ninep *r)
{
    int e = 0;
    if (r->tag != NINEP_NOTAG || m->versioned)
        e = call_take(&m->calls, r);
    else if (r->type == NINEP_RVERSION)
        versioned(m, r);
    else if (r->type == NINEP_RERROR) {
        m->versioned = 1;
        fail(m, "the peer does not speak 9P2000");
    } else {
        errno = EPROTO;
        e = -1;
    }
    if (!e)
        mount_go_on(m);
    return e;
}

static void clunked(void *arg, unsigned fid, const struct ninep *r, int e)
{
    struct mount *m = arg;
    (void)r;
    (void)e;
    inode_give_fid(&m->inodes, fid);
    op_clunked(m);
}

/* Give back what is not needed any more, as far as there is room. */
static void clunk(struct mount *m)
{
    struct ninep t = {.type = NINEP_TCLUNK};
    while (m->attached && (t.fid = inode_lost_fid(&m->inodes)) != NINEP_NOFID)
        if (call_say(&m->calls, &t, clunked, m, t.fid) < 0) {
            inode_lose_fid(&m->inodes, t.fid);
            break;
        } else
            m->clunks++;
}

void mount_go_on(struct mount *m)
{
    ops_interrupt(m);
    ops_run(m);
    if (m->state == MOUNT_LEAVING)
        mount_leave_go_on(m);
    op_spare_idle(m);
    clunk(m);
}

long long mount_due(const struct mount *m)
{
    return dial_sooner(op_spare_due(m), m->look);
}

long long mount_waits(const struct mount *m)
{
    return m->state == MOUNT_ATTACHING || !m->versioned ? m->began
                                                        : call_waits(&m->calls);
}

static void asked(void *arg, unsigned which, const struct ninep *r, int e)
{
    (void)arg;
    (void)which;
    (void)r;
    (void)e;
}

int mount_ask(struct mount *m, unsigned seconds)
{
    struct ninep t = {.type = NINEP_TFLUSH, .oldtag = (uint16_t)(NINEP_ALIVE | seconds)};
    if (m->attached)
        return call_say(&m->calls, &t, asked, m, 0) < 0 ? -1 : 0;
    errno = ENOTCONN;
    return -1;
}

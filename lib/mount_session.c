/* libfuse's part: the file system appears, and goes away. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ghost.h"
#include "mounted.h"
#include "op.h"

/* What libfuse says is of no use to anybody. */
static void hear_fuse(enum fuse_log_level level, const char *format, va_list list)
{
    (void)level;
    (void)format;
    (void)list;
}

/* Bytes of a read or a write of the kernel. */
static unsigned at_a_time(const struct mount *m)
{
    return m->unit > OP_PAGE ? m->unit : OP_PAGE;
}

static void init(void *arg, struct fuse_conn_info *conn)
{
    struct mount *m = arg;
    conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
                              FUSE_CAP_SPLICE_MOVE | FUSE_CAP_READDIRPLUS_AUTO |
                              FUSE_CAP_IOCTL_DIR | FUSE_CAP_CACHE_SYMLINKS);
    conn->max_write = at_a_time(m);
    conn->max_read = conn->max_write;
    if (conn->max_readahead < OP_AHEAD * m->unit)
        conn->max_readahead = OP_AHEAD * m->unit; /* and mount_fuse lets it */
    conn->max_background = OP_HELD;
    conn->congestion_threshold = OP_HELD * 3 / 4;
}

static const struct fuse_lowlevel_ops ops = {
    .init = init,
    .lookup = op_lookup,
    .forget = op_forget,
    .forget_multi = op_forget_multi,
    .getattr = op_getattr,
    .setattr = op_setattr,
    .mknod = op_mknod,
    .mkdir = op_mkdir,
    .unlink = op_remove,
    .rmdir = op_remove,
    .readlink = op_readlink,
    .symlink = op_symlink,
    .rename = op_rename,
    .link = op_link,
    .open = op_open,
    .read = op_read,
    .write = op_write,
    .flush = op_flush,
    .release = op_release,
    .fsync = op_fsync,
    .opendir = op_open,
    .readdir = op_readdir,
    .readdirplus = op_readdirplus,
    .releasedir = op_release,
    .fsyncdir = op_fsync,
    .statfs = op_statfs,
    .create = op_create,
    .poll = op_poll,
    .ioctl = op_ioctl,
};

const char *mount_session_open(struct mount *m)
{
    char name[] = "vlab-duct", option[32], *argv[] = {name, option, 0};
    struct fuse_args args = FUSE_ARGS_INIT(2, argv);
    snprintf(option, sizeof option, "-omax_read=%u", at_a_time(m));
    fuse_set_log_func(hear_fuse);
    m->session = fuse_session_new(&args, &ops, sizeof ops, m);
    fuse_opt_free_args(&args);
    return m->session ? mount_fuse(m, at_a_time(m)) : "out of memory";
}

/* Without its descriptor the file system is dead, and waits for nobody. But who has a
   device open gets EIO, whenever he asks. */
void mount_session_close(struct mount *m)
{
    if (!m->session)
        return;
    if (m->users.wanted && m->fd >= 0)
        ghost_start(m->fd, at_a_time(m), m->files);
    m->fd = -1;
    fuse_session_destroy(m->session);
    mounted_clear(m->source);
    m->session = 0;
    free(m->buf.mem);
    m->buf.mem = 0;
}

/* libfuse's part: the file system appears, and goes away. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "op.h"

enum { PAGE = 4096 };

/* What libfuse says is for who asks why; it says nothing else of use. */
static char said[200];

static void hear_fuse(enum fuse_log_level level, const char *format, va_list list)
{
    (void)level;
    vsnprintf(said, sizeof said, format, list);
    said[strcspn(said, "\n")] = 0;
}

static void init(void *arg, struct fuse_conn_info *conn)
{
    struct mount *m = arg;
    conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
                              FUSE_CAP_SPLICE_MOVE | FUSE_CAP_READDIRPLUS_AUTO |
                              FUSE_CAP_IOCTL_DIR | FUSE_CAP_CACHE_SYMLINKS);
    conn->max_write = m->unit > PAGE ? m->unit : PAGE;
    conn->max_read = conn->max_write;
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
};

const char *mount_session_open(struct mount *m)
{
    struct fuse_args args = FUSE_ARGS_INIT(0, 0);
    char *options = 0, text[512];
    int flags;
    fuse_set_log_func(hear_fuse);
    snprintf(text, sizeof text, "fsname=%s", m->source);
    fuse_opt_add_opt_escaped(&options, text);
    snprintf(text, sizeof text, "subtype=vlab-duct,max_read=%u%s",
             (unsigned)(m->unit > PAGE ? m->unit : PAGE),
             geteuid() ? "" : ",allow_other,default_permissions,nosuid,nodev");
    fuse_opt_add_opt(&options, text);
    fuse_opt_add_arg(&args, "vlab-duct");
    fuse_opt_add_arg(&args, "-o");
    fuse_opt_add_arg(&args, options);
    m->session = fuse_session_new(&args, &ops, sizeof ops, m);
    fuse_opt_free_args(&args);
    free(options);
    if (!m->session || fuse_session_mount(m->session, m->path))
        return *said ? said : "unable to mount";
    m->fd = fuse_session_fd(m->session);
    flags = fcntl(m->fd, F_GETFL);
    if (flags < 0 || fcntl(m->fd, F_SETFL, flags | O_NONBLOCK))
        return strerror(errno);
    return 0;
}

void mount_session_close(struct mount *m)
{
    if (!m->session)
        return;
    m->fd = -1;
    fuse_session_unmount(m->session);
    fuse_session_destroy(m->session);
    m->session = 0;
    free(m->buf.mem);
    m->buf.mem = 0;
}

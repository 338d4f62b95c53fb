#include "export.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "exporter.h"
#include "setid.h"

enum { DESCRIPTORS = 64 /* for what is done with the fids */ };

static exporter_do *const does[] = {
    [NINEP_TVERSION - NINEP_TVERSION] = exporter_version,
    [NINEP_TATTACH - NINEP_TVERSION] = exporter_attach,
    [NINEP_TFLUSH - NINEP_TVERSION] = exporter_flush,
    [NINEP_TWALK - NINEP_TVERSION] = exporter_walk,
    [NINEP_TOPEN - NINEP_TVERSION] = exporter_open,
    [NINEP_TCREATE - NINEP_TVERSION] = exporter_create,
    [NINEP_TREAD - NINEP_TVERSION] = exporter_read,
    [NINEP_TWRITE - NINEP_TVERSION] = exporter_write,
    [NINEP_TCLUNK - NINEP_TVERSION] = exporter_clunk,
    [NINEP_TREMOVE - NINEP_TVERSION] = exporter_remove,
    [NINEP_TSTAT - NINEP_TVERSION] = exporter_stat,
    [NINEP_TWSTAT - NINEP_TVERSION] = exporter_wstat,
};

/* As many descriptors as there may be. Root has enough for each fid and its link. Returns
   how many. */
static int get_descriptors(void)
{
    const rlim_t enough = 2 * EXPORT_FIDS + DESCRIPTORS;
    struct rlimit files, most;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return INT_MAX;
    most.rlim_cur = most.rlim_max = enough;
    if (files.rlim_max >= enough || setrlimit(RLIMIT_NOFILE, &most) < 0) {
        most.rlim_cur = most.rlim_max = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &most) < 0)
            most = files;
    }
    return most.rlim_cur < INT_MAX ? (int)most.rlim_cur : INT_MAX;
}

static int set_up(struct export *e, const char *path)
{
    struct stat st;
    int descriptors = get_descriptors();
    fid_open(&e->fids, EXPORT_FIDS,
             descriptors -
                 (descriptors < 2 * DESCRIPTORS ? descriptors / 2 : DESCRIPTORS));
    if (beneath_open(&e->tree, path) < 0 || fstat(e->tree.root, &st) < 0)
        return -1;
    e->root = st.st_dev;
    umask(0);
    if (setid_guard() < 0 || (!e->readonly && sync_open(&e->sync) < 0))
        return -1;
    if (park_open(&e->park, EXPORT_PARKED, EXPORT_WRITES, WIRE_MSIZE) < 0)
        return -1;
    return e->readonly ? 0 : park_also(&e->park, e->sync.fd);
}

int export_open(struct export **e, const char *path, struct wire *w, int readonly)
{
    int error;
    *e = calloc(1, sizeof **e);
    if (!*e)
        return -1;
    (*e)->wire = w;
    (*e)->readonly = readonly;
    (*e)->sync.fd = -1;
    if (set_up(*e, path) == 0)
        return 0;
    error = errno;
    sync_close(&(*e)->sync);
    beneath_close(&(*e)->tree);
    free(*e);
    *e = 0;
    errno = error;
    return -1;
}

int export_only(struct export *e, const char *pattern)
{
    return shown_add(&e->shown, pattern);
}

int export_users(struct export *e)
{
    if (become_open() < 0)
        return -1;
    e->has_users = 1;
    return 0;
}

void export_close(struct export *e)
{
    struct parked *r;
    exporter_reset(e);
    exporter_sync_end(e);
    while ((r = TAILQ_FIRST(&e->park.list)))
        park_drop(&e->park, r);
    park_close(&e->park);
    sync_close(&e->sync);
    beneath_close(&e->tree);
    free(e);
}

struct beneath *export_tree(struct export *e)
{
    return &e->tree;
}

/* As whom it is done. Only what names a fid is somebody's. */
static int be_asker(struct export *e, const struct ninep *m)
{
    return exporter_as(m->type < NINEP_TWALK ? 0 : fid_find(&e->fids, m->fid));
}

/* Why it is refused without being looked at: an errno, or 0. */
static int refusal(const struct export *e, const struct ninep *m)
{
    if (m->type == NINEP_TAUTH)
        return EOPNOTSUPP;
    return e->has_version || m->type == NINEP_TVERSION ? 0 : EPROTO;
}

static int is_known(unsigned type)
{
    return type == NINEP_TAUTH || (type >= NINEP_TVERSION && type <= NINEP_TWSTAT &&
                                   does[type - NINEP_TVERSION]);
}

int export_take(struct export *e, const struct ninep *m)
{
    enum exporter_end end = EXPORTER_FAILED;
    struct ninep r;
    if (!is_known(m->type)) {
        errno = EPROTO;
        return -1;
    }
    memset(&r, 0, sizeof r);
    r.type = (uint8_t)(m->type + 1);
    r.tag = m->tag;
    e->uses_high |= m->tag & NINEP_ALIVE && m->tag != NINEP_NOTAG;
    errno = refusal(e, m);
    if (!errno && be_asker(e, m) == 0)
        end = does[m->type - NINEP_TVERSION](e, m, &r);
    if (end == EXPORTER_FAILED)
        exporter_fail(e, m->tag, errno);
    if (end == EXPORTER_DONE)
        exporter_say(e, &r);
    exporter_as(0);
    errno = e->lost;
    return e->lost ? -1 : 0;
}

int export_fd(const struct export *e)
{
    return e->park.epoll;
}

long long export_due(const struct export *e)
{
    return park_due(&e->park);
}

void export_go_on(struct export *e, int ready)
{
    exporter_go_on(e, ready);
}

unsigned export_promised(const struct export *e)
{
    return e->uses_high ? 0 : e->promised;
}

unsigned export_pending(const struct export *e)
{
    return e->park.waiting + e->park.answers;
}

int export_used(const struct export *e)
{
    return fid_is_used(&e->fids);
}

/* Who asks for name after name of a directory is answered from a look at all of it, as
   long as that is fresh: it is one message where each name would be two, and their way.
   It ends where it would cost more than what is asked for. */
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "op.h"

enum {
    OFTEN = 64,   /* names of a directory, */
    WHILE = 4000, /* in so many milliseconds, are many */
    WORTH = 8,    /* names asked for, for each message of the directory */
    SLOW = 200,   /* milliseconds for one of them are too many */
    LATER = 5000  /* milliseconds until it may be worth it again */
};

enum { NONE, OPENING, READING, READY };

static void give_up(struct glancing *g)
{
    struct mount *m = g->m;
    struct inode *dir = g->dir;
    g->state = NONE;
    g->dir = 0;
    glance_close(&g->glance);
    if (g->fid != NINEP_NOFID) {
        if (g->made)
            inode_lose_fid(&m->inodes, g->fid);
        else
            inode_give_fid(&m->inodes, g->fid);
    }
    g->fid = NINEP_NOFID;
    dir->later = dial_now() + LATER;
    inode_drop(&m->inodes, dir);
}

static int fresh(const struct glancing *g)
{
    return dial_now() - g->when < (long long)(g->m->fresh * 1000);
}

static void heard(void *arg, unsigned type, const struct ninep *r, int e);

static int say(struct glancing *g, struct ninep *t)
{
    if (!g->m->up || g->m->room.first || !call_room(&g->m->calls, 3, 0) ||
        call_say(&g->m->calls, t, heard, g, t->type) < 0)
        return -1;
    g->out++;
    return 0;
}

static void read_on(struct glancing *g)
{
    struct ninep t = {.type = NINEP_TREAD,
                      .fid = g->fid,
                      .offset = g->glance.length,
                      .count = g->m->unit};
    long long now = dial_now();
    int slow = g->pieces && now - g->asked > SLOW;
    g->asked = now;
    if (slow || !fresh(g) || g->names < WORTH * g->pieces++ || say(g, &t))
        give_up(g);
}

static void heard(void *arg, unsigned type, const struct ninep *r, int e)
{
    struct glancing *g = arg;
    g->out--;
    g->failed |= !!e || (type == NINEP_TWALK && r->names);
    if (type == NINEP_TWALK && r)
        g->made = 1;
    if (g->out)
        return;
    if (g->failed)
        give_up(g);
    else if (g->state == OPENING) {
        g->state = READING;
        read_on(g);
    } else if (!r->count) {
        g->state = READY;
        inode_lose_fid(&g->m->inodes, g->fid);
        g->fid = NINEP_NOFID;
    } else if (glance_add(&g->glance, r->data, r->count))
        give_up(g);
    else
        read_on(g);
}

static void begin(struct mount *m, struct inode *dir)
{
    struct ninep walk = {.type = NINEP_TWALK, .fid = dir->fid};
    struct ninep open = {.type = NINEP_TOPEN, .mode = NINEP_OREAD};
    struct glancing *g = 0;
    for (int i = 0; i < OP_GLANCES; i++)
        if (m->glance[i].state == NONE)
            g = &m->glance[i];
        else if (m->glance[i].state == READY && !fresh(&m->glance[i]))
            give_up(g = &m->glance[i]);
    /* A stranger is not asked about a fid that he is only making. */
    if (!g || dir->fid == NINEP_NOFID || !m->ours)
        return;
    memset(g, 0, sizeof *g);
    g->m = m;
    g->dir = dir;
    inode_hold(dir);
    g->names = dir->looks;
    g->when = dial_now();
    g->state = OPENING;
    walk.newfid = open.fid = g->fid = inode_take_fid(&m->inodes);
    if (g->fid == NINEP_NOFID || say(g, &walk))
        give_up(g);
    else
        say(g, &open);
}

static struct glancing *glancing_at(struct mount *m, const struct inode *dir)
{
    for (int i = 0; i < OP_GLANCES; i++)
        if (m->glance[i].state != NONE && m->glance[i].dir == dir)
            return &m->glance[i];
    return 0;
}

void op_glance_hide(struct mount *m, const struct inode *dir, const char *name)
{
    struct glancing *g = glancing_at(m, dir);
    if (g && glance_hide(&g->glance, name))
        g->failed = 1;
}

int op_glance(struct op *op, double *left)
{
    struct mount *m = op->m;
    struct inode *dir = op->inode;
    struct glancing *g = glancing_at(m, dir);
    const struct inode *known = inode_find(&m->inodes, dir, op->name);
    struct ninep_stat s;
    long long now = dial_now();
    if (g && g->state == READY && (g->failed || !fresh(g))) {
        give_up(g);
        dir->later = 0;
        g = 0;
    }
    if (now - dir->counted > WHILE) {
        dir->counted = now;
        dir->looks = 0;
    }
    dir->looks++;
    if (!g && dir->looks >= OFTEN && now >= dir->later && m->fresh > 0)
        begin(m, dir);
    if (!g)
        return 0;
    g->names++;
    if (g->state != READY || glance_hides(&g->glance, op->name))
        return 0;
    *left = m->fresh - (double)(now - g->when) / 1000;
    if (!glance_find(&g->glance, op->name, &s))
        return 0;
    attr_take(m, &op->attr, &s);
    /* What is open may be newer than that. */
    return !known || !known->files;
}

void op_glances_close(struct mount *m)
{
    for (int i = 0; i < OP_GLANCES; i++)
        glance_close(&m->glance[i].glance);
}

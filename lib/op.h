/* op: a request of the kernel on its way, and what all of them share. An op is a function
   that goes on as soon as all it has said is answered, or what it waits for is there; it
   ends with an answer to the kernel. For mount. */
#ifndef OP_H
#define OP_H

#include "ahead.h"
#include "asked.h"
#include "asker.h"
#include "behind.h"
#include "call.h"
#include "glance.h"
#include "inode.h"
#include "place.h"

enum {
    OP_MOST = 8192, /* at a time; more get ENOMEM */
    OP_HELD = 64,   /* writes whose data wait here; then the kernel waits */
    OP_GLANCES = 4,
    OP_PAGE = 4096, /* bytes of the kernel's */
    OP_AHEAD = 4,   /* messages that the kernel reads ahead */
    OP_DEVICES = 48 /* writes to devices under way: the peer keeps 64 */
};

/* What an op may have said and not heard of, one of each. */
enum { OP_WALK, OP_DO, OP_STAT, OP_WAY, OP_DIR, OP_CALLS };

/* Of a Rstat or an entry of a directory. */
struct attr {
    struct ninep_qid qid;
    uint32_t mode, mtime, atime;
    uint64_t length;
    uid_t uid;
    gid_t gid;
    struct ninep_text link; /* what a symbolic link says; "": nothing good; at 0: none */
    uint64_t number;        /* of a link, as a file of its own */
};

struct listing;

struct file {
    struct mount *m;
    struct inode *inode;
    struct file *next; /* of the inode */
    uint32_t fid, unit;
    unsigned uses; /* by ops and calls; the kernel counts as one */
    int direct;    /* it may be a device: nobody keeps copies of it */
    int cached;    /* the kernel keeps copies */
    int writes;
    struct ahead ahead;
    struct op_queue readers; /* who wait for chunks */
    struct behind_error error;
    struct fuse_pollhandle *poll; /* whom to tell when something can be read */
    int asked;                    /* the tag of the Tread that is answered then; -1 */
    int ready;                    /* it was */
    struct listing *listing;
};

struct op {
    struct mount *m;
    fuse_req_t req; /* 0: the kernel has its answer */
    void (*go)(struct op *);
    int stage, flags;
    struct op *all_next, **all_link;
    struct op *next, *before;
    struct op_queue *queue; /* where it waits */
    unsigned out;           /* calls that are not answered */
    int said[OP_CALLS];     /* was it? and then, not answered: the tag + 1 */
    int tag[OP_CALLS];
    int e[OP_CALLS];
    int again;         /* said twice, as it had come too early; a bit for each */
    int patient, asks; /* it may take for ever; it changes nothing: for interrupting */
    int anew;          /* times that all of it was done again */
    int interrupted, retried;
    int spared; /* the peer had no descriptors, and got some back */

    struct inode *inode, *other; /* held */
    struct inode *used[3];       /* their fids are in use */
    struct file *file;
    uint32_t newfid;             /* NINEP_NOFID: none */
    int made;                    /* the peer knows it */
    unsigned names;              /* of the Twalk for it */
    struct replacing *replacing; /* a rename that must not be left half done */
    struct inode *way_to;
    uint32_t way_fid;
    unsigned way_names;

    char *name, *newname;
    uid_t uid; /* who opens */
    unsigned mode;
    struct stat set;
    uint64_t offset, changed; /* changed: as of op->inode, by this op */
    size_t size, done;
    unsigned char *data; /* own */
    const char *bytes;   /* own, or the kernel's as long as it is asked */
    int held;            /* they are kept here */
    int device;          /* of a device: 1: it waits for its turn, 2: it has it */
    int nonblock;        /* flushed at once: EINTR means EAGAIN */
    struct fuse_file_info fi;
    struct fuse_pollhandle *poll;

    struct ninep_qid qid; /* of the last Rwalk, Ropen, Rcreate */
    uint32_t iounit;
    struct attr attr;
    char *link; /* the text in it, own */
};

enum { OWNERS = 64, OWNER_NAME = 32 };
struct owners {
    struct {
        char name[OWNER_NAME];
        unsigned id;
    } known[2][OWNERS];
};

/* A directory that is looked at. */
struct glancing {
    struct mount *m;
    struct inode *dir;
    struct glance glance;
    int state, made, failed;
    unsigned out, names, pieces; /* calls; names asked for meanwhile; messages of it */
    uint32_t fid;
    long long when, asked; /* begun; the last message */
};

struct mount {
    struct wire *wire;
    int state; /* enum mount_state, for mount alone */
    int up;    /* the kernel asks */
    char why[256];
    const struct place *place;
    char *source;
    double fresh;
    long long began;
    int versioned, attached, fd;
    enum { LEFT_NOTHING, LEFT_FIDS, LEFT_ROOT, LEFT_WIRE } left; /* how far it has */
    int end; /* errno of what is asked when it leaves */
    struct fuse_session *session;
    struct fuse_buf buf;
    uint32_t msize, unit;
    struct calls calls;
    struct inodes inodes;
    struct ahead_pool ahead;
    struct behind behind;
    struct glancing glance[OP_GLANCES];
    struct owners owners;
    struct askers users;
    struct op *all;
    unsigned ops, files, held, devices, devices_waiting;
    struct op_queue room, slots, ready; /* for the wire; for a write's end; can go on */
    struct op_queue spares;             /* for the peer to have descriptors again */
    unsigned clunks, clunks_due;        /* not answered; until he has */
    int alone; /* requests came one by one, so many since there was a look for more */
    int stuck, interrupts;
    long long look; /* when to look again at who was interrupted; -1: not */
    int ours;       /* the peer is a duct of vlab, and knows what 9P2000 does not */
    uint64_t changes;
    struct {
        uint64_t changed;
        long long when;
        struct attr attr;
    } after; /* what a directory was after this change of ours; 0: unknown */
};

/* Begin. When there are too many the kernel is told, and 0 returned. */
struct op *op_new(fuse_req_t req, void (*go)(struct op *), struct inode *inode);
struct op *op_of_file(fuse_req_t req, void (*go)(struct op *),
                      const struct fuse_file_info *fi);
/* End, with an errno (ESTALE: names are looked up again), or after the answer. */
void op_fail(struct op *op, int e);
void op_end(struct op *op);

/* May it say so much now? If not it waits, and goes on again. */
int op_room(struct op *op, unsigned messages, size_t data);

/* Say this; what comes is kept for when all of it has come. The same, with another who
   hears; he calls op_heard. */
void op_say(struct op *op, unsigned which, struct ninep *t);
void op_say_to(struct op *op, unsigned which, struct ninep *t, call_heard *heard);
void op_heard(void *op, unsigned which, const struct ninep *r, int e);

/* Was that said too early, before the peer knew the fid? Then say it again: 1, once.
   The first error of all that was said. */
int op_early(struct op *op, unsigned which);
int op_error(const struct op *op);

/* Wait there; let all go on who wait there. */
void op_wait(struct op *op, struct op_queue *q);
void op_wake(struct mount *m, struct op_queue *q);
void op_unqueue(struct op *op);

/* Is there a fid for the inode, which is then in use until the op ends? If not the op
   waits for it, or has failed. A fid for something new. 0: none, the op has failed. */
int op_fid(struct op *op, struct inode *inode);
int op_newfid(struct op *op);

/* Flush what an interrupted op waits for. Let those go on that can. */
void op_flush_calls(struct op *op);
void ops_run(struct mount *m);
void ops_interrupt(struct mount *m);

/* Said together: a walk from fid to op->newfid, through one name or (0) none. */
void op_say_walk(struct op *op, uint32_t fid, const char *name);
void op_say_stat(struct op *op, uint32_t fid);

/* op_spare. Had the peer no descriptors for this op? 1: it waits, and then begins again.
   A Tclunk was answered. Give back what is idle; when is the next (dial_now), or -1? */
int op_spare(struct op *op);
void op_clunked(struct mount *m);
void op_spare_idle(struct mount *m);
long long op_spare_due(const struct mount *m);

/* op_again. Walk to what has the name of op->inode now (to the inode, if it has none),
   and have room for more messages: 0: not now, as op_fid. Has another file its name, or
   none? Is gone what no open file asked for? Do all of it again, as what was found was
   not there a message later; 0: that was done often enough. */
int op_walk_again(struct op *op, unsigned more);
int op_is_another(const struct op *op);
int op_is_gone(const struct op *op);
int op_anew(struct op *op);

/* op_after. Ask what op->inode is after its change; tell the kernel if it is known: 1. */
void op_say_after(struct op *op);
int op_knows_after(struct op *op);

/* op_attr */
void attr_take(struct mount *m, struct attr *a, const struct ninep_stat *s);
/* The bits of a mode in 9P; EPERM if it has some that cannot be said there, or 0. */
int attr_mode(const struct mount *m, mode_t mode, int is_dir, uint32_t *said);
void attr_stat(const struct mount *m, const struct attr *a, struct stat *st);
void attr_reply(struct op *op); /* op->attr is that of op->inode */
void attr_shown(const struct mount *, struct inode *, const struct attr *, struct stat *);
int inode_waits(const struct inode *inode); /* may what is done with it take for ever? */
double attr_fresh(const struct mount *m, const struct attr *a);
int attr_fid(struct op *op, uint32_t *fid); /* of the inode; 0: not now, as op_fid */
int entry_make(struct mount *m, struct inode *parent, const char *name,
               const struct attr *a, struct fuse_entry_param *e);

/* op_link: links. Know them in what was taken from this entry of a directory; dir 0: it
   is in none. Keep the text for longer than the message: 0, or ENOMEM. */
void attr_link(const struct inode *dir, const char *name, struct attr *a);
int attr_keep_link(struct op *op);
/* The errno for a setattr of a link, or 0: it changes nothing. */
int link_refusal(const struct op *op);
void link_getattr_go(struct op *op);

/* For op->name in op->inode, of op->attr, which is believed for so many seconds. */
void entry_reply(struct op *op, double fresh);
/* An op for a name in a directory, or 0: the kernel has its answer. */
struct op *op_named(fuse_req_t req, void (*go)(struct op *), fuse_ino_t parent,
                    const char *name);

/* Does a look at all of the directory show op->name? 1 and op->attr, which may be
   believed for so many seconds; or 0, when that is not known. */
int op_glance(struct op *op, double *left);
/* It is we who change what has this name. */
void op_glance_hide(struct mount *m, const struct inode *dir, const char *name);
void op_glances_close(struct mount *m);

/* op_rename, op_replace. The peer has renamed it, by op->newfid; he refuses to as there
   is a file of the new name: have that replaced. */
void op_renamed(struct op *op);
void op_replace(struct op *op);

/* op_file */
struct file *file_new(struct op *op, struct inode *inode);
void file_open(struct op *op, struct file *f, uint32_t version);
uint8_t open_mode(int flags);
void file_use(struct file *f);
void file_unuse(struct file *f);
void inode_dirty(struct mount *m, struct inode *inode);

/* For mount alone. Why it could not be mounted, or 0. */
const char *mount_session_open(struct mount *m);
const char *mount_fuse(struct mount *m, unsigned max_read);
void mount_session_close(struct mount *m);
void mount_leave_go_on(struct mount *m);

static inline struct inode *inode_of(const struct mount *m, fuse_ino_t ino)
{
    return ino == FUSE_ROOT_ID ? m->inodes.root : (struct inode *)(uintptr_t)ino;
}

static inline fuse_ino_t ino_of(const struct mount *m, const struct inode *inode)
{
    return inode == m->inodes.root ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)inode;
}

static inline struct mount *mount_of(fuse_req_t req)
{
    return fuse_req_userdata(req);
}

static inline struct file *file_of(const struct fuse_file_info *fi)
{
    return (struct file *)(uintptr_t)fi->fh;
}

#endif

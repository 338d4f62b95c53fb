/* inode: the files the kernel knows of, by directory and name, and the fids that stand
   for them at the peer. A fid is kept while it is of use: of those that are not, only so
   many of the newest; an inode without one is walked to from the nearest directory that
   has one. Knows nothing of messages. */
#ifndef INODE_H
#define INODE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "behind.h"
#include "ninep.h"

enum {
    INODE_FIDS = 12288, /* fids at a time */
    INODE_KEPT = 4096   /* of them of inodes, and not in use */
};

struct op; /* what waits */
struct op_queue {
    struct op *first, *last;
};

struct file; /* what is open */

struct inode {
    struct inode *parent;       /* 0: the root */
    struct inode *next, **link; /* of all */
    struct inode *chain;        /* of the same place in the table */
    struct inode *newer, *older;
    long long unused; /* since when its fid is (dial_now) */
    char *name;       /* 0: the root, or it has none any more */
    char *says;       /* of a symbolic link what it says, "": nothing we obey; else 0 */
    uint64_t lookups; /* times the kernel was told of it */
    unsigned refs;    /* children, files, and what is under way */
    unsigned uses;    /* of its fid, now */
    uint32_t fid;     /* NINEP_NOFID: none */
    struct ninep_qid qid;
    uint64_t generation;

    /* What the mount knows of it. */
    uint64_t length;
    uid_t uid;
    gid_t gid;
    uint32_t kept;    /* the version that the kernel's copies are of; 0: unknown */
    uint64_t changed; /* by us, at this count of changes */
    int appended;     /* and the kernel, which has copies, does not know where */
    unsigned tick;    /* for it to notice */
    struct file *files;
    struct behind_file behind;
    unsigned looks;           /* names asked for since it was counted */
    long long counted, later; /* and not looked at as a whole before this time */
    int walking;              /* somebody is on his way to it */
    struct op_queue waiters;  /* for him, or for the writes behind */
};

struct inodes {
    struct inode *root, *all;
    struct inode **table;
    size_t size, count; /* places, named inodes in them */
    uint64_t generation;
    struct inode newest; /* a ring of those with a fid that is not in use */
    unsigned kept, most;
    uint32_t free[INODE_FIDS], lost[INODE_FIDS]; /* fids */
    unsigned frees, losts;
};

/* Fid 0 is the root's. Returns 0, or -1 ENOMEM. */
int inodes_open(struct inodes *n, const struct ninep_qid *root);
void inodes_close(struct inodes *n);

/* A fid nobody uses, or NINEP_NOFID; it is given back when the peer has forgotten it. */
uint32_t inode_take_fid(struct inodes *n);
void inode_give_fid(struct inodes *n, uint32_t fid);

/* The peer must be told to forget this one; and the next of which he must be told, or
   NINEP_NOFID. */
void inode_lose_fid(struct inodes *n, uint32_t fid);
uint32_t inode_lost_fid(struct inodes *n);

/* The inode that has this name now, or 0. */
struct inode *inode_find(const struct inodes *n, const struct inode *parent,
                         const char *name);

/* Is it still the link that says this, or, for 0 and a text without a place, the file
   with this qid? A link has the qid of what it leads to. */
int inode_is(const struct inode *inode, const struct ninep_qid *qid,
             const struct ninep_text *link);

/* The inode of this name, if it is still that; else a new one, which takes its name away.
   Returns 0 ENOMEM. Nothing holds it yet: call inode_hold, or count a lookup. */
struct inode *inode_get(struct inodes *n, struct inode *parent, const char *name,
                        const struct ninep_qid *qid, const struct ninep_text *link);

/* How many names it is below the root; at least, when one above it has none any more. */
unsigned inode_depth(const struct inode *inode);

void inode_hold(struct inode *inode);

/* Not any more; or, the kernel knows so many lookups less of it. Whatever nobody knows is
   freed, and its fid is lost. */
void inode_drop(struct inodes *n, struct inode *inode);
void inode_forget(struct inodes *n, struct inode *inode, uint64_t count);

/* It was removed. */
void inode_gone(struct inodes *n, struct inode *inode);

/* It was renamed; what had the name has it no more. Returns 0, or -1 ENOMEM: then it has
   none at all. */
int inode_move(struct inodes *n, struct inode *inode, struct inode *parent,
               const char *name);

/* It has this fid from now on, if it has none; else the fid is lost. */
void inode_got(struct inodes *n, struct inode *inode, uint32_t fid);

/* It has none any more; the peer must be told. */
void inode_lose(struct inodes *n, struct inode *inode);

/* Its fid is used, and not any more. When too many are kept the oldest is lost. */
void inode_use(struct inodes *n, struct inode *inode);
void inode_unuse(struct inodes *n, struct inode *inode);

/* The older half of those that are not in use is lost, and no more than that are kept
   until there are none. */
void inode_lose_half(struct inodes *n);

/* Since when the oldest of them is not in use (dial_now), or -1; those are lost that are
   not since then. */
long long inode_idle(const struct inodes *n);
void inode_lose_idle(struct inodes *n, long long then);

/* The way to an inode that has no fid: from *from, which has one, through the names, at
   most 16 and so long that they fit in size bytes of a Twalk, to *to: the inode or one
   above it. Returns the number of names, or -1: ESTALE (it or one above it has no name),
   ENAMETOOLONG. */
int inode_way(struct inode *inode, size_t size, struct inode **from, struct inode **to,
              struct ninep_text name[NINEP_WALK]);

#endif

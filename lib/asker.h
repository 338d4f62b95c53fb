/* asker: each user of a mount who opens something attaches himself, and what he opens is
   walked to from there: so the peer decides what he may. For op. */
#ifndef ASKER_H
#define ASKER_H

#include "asked.h"
#include "inode.h"

enum { ASKER_MOST = 256 /* users at a time */ };

struct askers {
    int wanted;
    struct asker {
        uid_t uid;
        uint32_t fid; /* of the root */
        int state;
        long long since;
        struct op_queue waiters;
    } of[ASKER_MOST];
};

/* Must what op->uid opens be opened as he? The walk to op->inode as he, as op_walk_again.
   Who is not root may only open: 1, and he has been told. */
int asker_is_user(const struct op *op);
int asker_walk(struct op *op, unsigned more);
int asker_is_refused(fuse_req_t req);

#endif

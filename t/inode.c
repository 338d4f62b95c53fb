/* inode [SEED]: lib/inode, beside a model of it, in random order. What has a name is
   found by it, each fid is in one place, and what nobody knows is gone. */
#include "inode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dial.h"
#include "say.h"

enum { MOST = 300, STEPS = 100000, NAMES = 40 };

/* What the kernel knows. */
static struct known {
    struct inode *inode, *parent; /* parent 0: it has no name */
    char name[8];
    uint64_t lookups;
} known[MOST];
static int count;
static struct inodes inodes;
static uint64_t path = 1;

static int at_name(const struct inode *parent, const char *name)
{
    for (int i = 0; i < count; i++)
        if (known[i].parent == parent && !strcmp(known[i].name, name))
            return i;
    return -1;
}

static int at_node(const struct inode *inode)
{
    for (int i = 0; i < count; i++)
        if (known[i].inode == inode)
            return i;
    return -1;
}

/* Is the text the same, or both none? */
static int same(const char *one, const char *other)
{
    return one && other ? !strcmp(one, other) : one == other;
}

/* A link is known by what it says, anything else by its qid. */
static void lookup(struct inode *parent, const char *name)
{
    static const char *const texts[] = {0, 0, "", "a", "../a"};
    const char *says = texts[random() % 5];
    struct ninep_text link = ninep_text(says ? says : "");
    int i = at_name(parent, name), is;
    struct ninep_qid qid = {.path = random() % 4 && i >= 0 ? known[i].inode->qid.path
                                                           : path++};
    struct inode *inode;
    if (!says)
        link.at = 0;
    is = i >= 0 && same(known[i].inode->says, says) &&
         (says || known[i].inode->qid.path == qid.path);
    inode = inode_get(&inodes, parent, name, &qid, &link);
    if (!inode)
        say_die_errno("inode_get");
    if (is) {
        if (known[i].inode != inode)
            say_die(1, "%s is not what it was", name);
    } else {
        if (i >= 0)
            known[i].parent = 0;
        i = count++;
        known[i] = (struct known){.inode = inode, .parent = parent};
        strcpy(known[i].name, name);
    }
    inode->lookups++;
    known[i].lookups++;
}

static int has_children(const struct inode *inode)
{
    for (int i = 0; i < count; i++)
        if (known[i].parent == inode)
            return 1;
    return 0;
}

static void forget(int i)
{
    uint64_t n = 1 + (uint64_t)random() % known[i].lookups;
    if (n == known[i].lookups && has_children(known[i].inode))
        return; /* the kernel forgets what is below first */
    known[i].lookups -= n;
    inode_forget(&inodes, known[i].inode, n);
    if (!known[i].lookups)
        known[i] = known[--count];
}

static int below(const struct inode *inode, const struct inode *top)
{
    for (int i; inode != inodes.root; inode = known[i].parent) {
        if (inode == top)
            return 1;
        i = at_node(inode);
        if (i < 0 || !known[i].parent)
            return 0;
    }
    return 0;
}

static void move(int i, struct inode *parent, const char *name)
{
    int other = at_name(parent, name);
    if (!known[i].parent || below(parent, known[i].inode))
        return;
    if (inode_move(&inodes, known[i].inode, parent, name))
        say_die_errno("inode_move");
    if (other >= 0 && other != i)
        known[other].parent = 0;
    known[i].parent = parent;
    strcpy(known[i].name, name);
}

static void walk(int i)
{
    struct inode *from, *to, *p;
    struct ninep_text name[NINEP_WALK];
    uint32_t fid;
    int n, far = 0, nameless = 0;
    for (p = known[i].inode; !nameless && p->fid == NINEP_NOFID; p = p->parent, far++)
        nameless = !known[at_node(p)].parent;
    n = inode_way(known[i].inode, 8192, &from, &to, name);
    if (nameless) {
        if (n >= 0 || errno != ESTALE)
            say_die(1, "a way to what has no name");
        return;
    }
    if (n != (far < NINEP_WALK ? far : NINEP_WALK) || from != p)
        say_die(1, "a way of %d names is right, not %d", far, n);
    for (p = to; n-- > 0; p = p->parent)
        if (!ninep_is(&name[n], known[at_node(p)].name))
            say_die(1, "a wrong name on the way");
    if (p != from || to == from || (fid = inode_take_fid(&inodes)) == NINEP_NOFID)
        return;
    inode_got(&inodes, to, fid);
}

static void count_fids(void)
{
    static unsigned char seen[INODE_FIDS];
    unsigned all = inodes.frees + inodes.losts;
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < inodes.frees; i++)
        seen[inodes.free[i]]++;
    for (unsigned i = 0; i < inodes.losts; i++)
        seen[inodes.lost[i]]++;
    for (int i = 0; i < count; i++)
        if (known[i].inode->fid != NINEP_NOFID) {
            seen[known[i].inode->fid]++;
            all++;
        }
    for (uint32_t fid = 1; fid < INODE_FIDS; fid++)
        if (seen[fid] != 1)
            say_die(1, "fid %u is in %u places of %u", fid, seen[fid], all);
}

static struct inode *some_directory(void)
{
    int i = (int)(random() % (count + 1));
    return i == count ? inodes.root : known[i].inode;
}

/* Fids that nobody uses are lost: half of them, or all. */
static void spare(int half)
{
    unsigned kept = inodes.kept;
    if (half)
        inode_lose_half(&inodes);
    else
        inode_lose_idle(&inodes, dial_now());
    if (inodes.kept != (half ? kept / 2 : 0) || (inode_idle(&inodes) < 0) != !inodes.kept)
        say_die(1, "of %u fids that were kept %u are left", kept, inodes.kept);
}

int main(int argc, char **argv)
{
    unsigned long seed = (unsigned long)time(0) ^ (unsigned long)getpid();
    struct ninep_qid root = {.path = 0};
    struct inode *parent;
    char name[8];
    uint32_t fid;
    say_name("inode", "inode [SEED]");
    if (argc > 1 && say_number(argv[1], 0, 4294967295ul, &seed))
        say_usage();
    printf("seed %lu\n", seed);
    fflush(stdout);
    srandom((unsigned)seed);
    if (inodes_open(&inodes, &root))
        say_die_errno("inodes_open");
    for (int step = 0; step < STEPS; step++) {
        int i = count ? (int)(random() % count) : -1;
        parent = some_directory();
        snprintf(name, sizeof name, "%ld", random() % NAMES);
        switch (random() % 8) {
        case 0:
        case 1:
        case 2:
            if (count < MOST)
                lookup(parent, name);
            break;
        case 3:
        case 4:
            if (i >= 0)
                forget(i);
            break;
        case 5:
            if (i >= 0)
                move(i, parent, name);
            break;
        case 6:
            if (i >= 0 && random() % 4 == 0) {
                inode_gone(&inodes, known[i].inode);
                known[i].parent = 0;
            }
            break;
        default:
            if (i >= 0)
                walk(i);
        }
        if (random() % 2 && (fid = inode_lost_fid(&inodes)) != NINEP_NOFID)
            inode_give_fid(&inodes, fid);
        i = at_name(parent, name);
        if (inode_find(&inodes, parent, name) != (i < 0 ? 0 : known[i].inode))
            say_die(1, "%s is not found", name);
        if (step % 997 == 0)
            spare(step % 2);
        if (step % 1000 == 0)
            count_fids();
    }
    count_fids();
    inodes_close(&inodes);
    return 0;
}

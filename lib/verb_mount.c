/* The devices of other nodes appear below /vlab, and go away. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "must.h"
#include "say.h"
#include "space.h"
#include "survey.h"
#include "verb.h"

static unsigned nodes[MAP_LAST];

static void root_only(void)
{
    if (geteuid())
        say_die(SAY_NO, "only root mounts and unmounts the devices of nodes");
}

/* The nodes named by words. Returns how many. */
static unsigned named(struct conf *c, char **words)
{
    struct map_node n;
    unsigned long number;
    unsigned count = 0;
    for (; *words; words++) {
        if (say_number(*words, 1, MAP_LAST, &number))
            say_die(SAY_USAGE, "%s is no number of a node", *words);
        if (map_find(c, (unsigned)number, &n) != 1)
            say_die(SAY_NO, "there is no node %lu: vlab-node lists them", number);
        if (count < MAP_LAST)
            nodes[count++] = n.number;
    }
    return count;
}

static unsigned all_up(struct conf *c, unsigned own)
{
    unsigned count = 0;
    struct survey s;
    if (survey(&s, c, "state"))
        say_die_errno("unable to ask the nodes");
    for (unsigned i = 0; i < s.count; i++)
        if (survey_is_up(&s.node[i]) && s.node[i].number != own)
            nodes[count++] = s.node[i].number;
    survey_free(&s);
    return count;
}

int verb_mount(int argc, char **argv)
{
    struct door_said self;
    struct conf c;
    unsigned count;
    int code = SAY_DONE;
    char why[SPACE_WHY];
    while (say_options(argc, argv, "") != -1)
        ;
    root_only();
    must_conf(&c);
    if (!map_count(&c))
        say_die(SAY_NO, "the config has no nodes: see vlab.conf(5)");
    if (door_self(&self, &c))
        say_die_errno("unable to read what this host is");
    if (!self.number)
        say_die(SAY_NO, "this host is no node now: vlab-node on");
    count = argv[optind] ? named(&c, argv + optind) : all_up(&c, self.number);
    if (space_own(self.number))
        say_die_errno("unable to make %s/%u", space_path(), self.number);
    for (unsigned i = 0; i < count; i++)
        if (nodes[i] != self.number && space_mount(nodes[i], why)) {
            say_warn("unable to mount node %u: %s", nodes[i], why);
            code = SAY_SYSTEM;
        }
    return code;
}

int verb_umount(int argc, char **argv)
{
    struct conf c;
    int count, lazily = 0, code = SAY_DONE;
    while (say_options(argc, argv, "l") != -1)
        lazily = 1;
    root_only();
    must_conf(&c);
    count = argv[optind] ? (int)named(&c, argv + optind) : space_list(nodes, MAP_LAST);
    if (count < 0)
        say_die_errno("unable to read %s", space_path());
    for (int i = 0; i < count; i++)
        if (space_umount(nodes[i], lazily)) {
            say_warn_errno("unable to unmount %s/%u%s", space_path(), nodes[i],
                           errno == EBUSY ? ", somebody uses it (-l: all the same)" : "");
            code = SAY_SYSTEM;
        }
    return code;
}

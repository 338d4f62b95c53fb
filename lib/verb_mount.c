/* The devices of other nodes appear below /vlab, and go away. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "leave.h"
#include "map.h"
#include "must.h"
#include "say.h"
#include "space.h"
#include "survey.h"
#include "verb.h"

static unsigned nodes[MAP_LAST];
static int lazily;

static void root_only(void)
{
    if (*space_path() != '/')
        say_die(SAY_USAGE, "VLAB_NAMESPACE=%s: it must begin with a slash", space_path());
    if (geteuid())
        say_die(SAY_NO, "only root mounts and unmounts the devices of nodes");
}

static int is_among(unsigned number, unsigned count)
{
    while (count--)
        if (nodes[count] == number)
            return 1;
    return 0;
}

/* The nodes named by words, each once, for they are seen to side by side. Returns how
   many. */
static unsigned named(struct conf *c, char **words)
{
    struct map_node n;
    unsigned long number;
    unsigned count = 0;
    for (; *words; words++) {
        if (say_number(*words, 1, MAP_LAST, &number))
            say_die(SAY_USAGE, "%s is no number of a node, 1 to %d", *words, MAP_LAST);
        if (map_find(c, (unsigned)number, &n) != 1)
            say_die(SAY_NO, "there is no node %lu: vlab-node lists them", number);
        if (count < MAP_LAST && !is_among(n.number, count))
            nodes[count++] = n.number;
    }
    return count;
}

static unsigned all_up(struct conf *c, int *code)
{
    unsigned count = 0;
    struct survey s;
    if (survey(&s, c, "state"))
        say_die_errno("unable to ask the nodes");
    for (unsigned i = 0; i < s.count; i++)
        if (survey_is_up(&s.node[i]))
            nodes[count++] = s.node[i].number;
        else if (s.node[i].how == SURVEY_DIFFERS) {
            verb_left_out(&s.node[i]);
            *code = SAY_NO;
        }
    survey_free(&s);
    return count;
}

static int mount_one(unsigned node)
{
    char why[SPACE_WHY];
    if (node == leave.now.node || space_mount(node, why) == 0)
        return SAY_DONE;
    say_warn("unable to mount node %u: %s", node, why);
    return SAY_SYSTEM;
}

static int own_one(unsigned node)
{
    if (space_make() == 0 && space_own(node) == 0)
        return SAY_DONE;
    say_warn_errno("unable to make %s/%u a link to /dev", space_path(), node);
    return SAY_SYSTEM;
}

int verb_mount(int argc, char **argv)
{
    struct owner owner;
    unsigned count;
    int code, k, worst = SAY_DONE;
    while (say_options(argc, argv, "") != -1)
        ;
    root_only();
    must_own(&owner);
    must_conf(&leave.conf);
    if (!map_count(&leave.conf))
        say_die(SAY_NO, "the config has no nodes: see vlab.conf(5)");
    count = argv[optind] ? named(&leave.conf, argv + optind) : 0;
    leave.verb = "mount";
    code = leave_lock();
    if (code)
        return code;
    if (!argv[optind])
        count = all_up(&leave.conf, &worst);
    k = space_each(&leave.now.node, 1, own_one);
    code = space_each(nodes, count, mount_one);
    if (k < 0 || code < 0)
        say_die_errno("unable to start a process for each node");
    if (worst < k)
        worst = k;
    return worst < code ? code : worst;
}

static int umount_one(unsigned node)
{
    if (space_umount(node, lazily) == 0)
        return SAY_DONE;
    if (errno == EBUSY) {
        say_warn("%s/%u is in use: vlab-node umount -l %u takes it away all the same",
                 space_path(), node, node);
        return SAY_NO;
    }
    if (errno == EEXIST) {
        say_warn("what is mounted at %s/%u is no vlab-duct: umount(8) takes it away",
                 space_path(), node);
        return SAY_NO;
    }
    say_warn_errno("unable to unmount %s/%u", space_path(), node);
    return SAY_SYSTEM;
}

int verb_umount(int argc, char **argv)
{
    struct conf c;
    int count, code;
    while (say_options(argc, argv, "l") != -1)
        lazily = 1;
    root_only();
    must_conf(&c);
    count = argv[optind] ? (int)named(&c, argv + optind) : space_list(nodes, MAP_LAST);
    if (count < 0 || (!argv[optind] && space_own(0)))
        say_die_errno("unable to read %s", space_path());
    code = space_each(nodes, (unsigned)count, umount_one);
    if (code < 0)
        say_die_errno("unable to start a process for each node");
    return code;
}

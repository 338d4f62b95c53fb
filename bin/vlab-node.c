/* The nodes of the lab, looked at and changed: what a verb does is in lib/verb_*.c. */
#include <string.h>

#include "say.h"
#include "tidy.h"
#include "verb.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} verbs[] = {{"run", verb_run},     {"on", verb_on},           {"off", verb_off},
             {"block", verb_block}, {"noblock", verb_noblock}, {"expel", verb_expel},
             {"bring", verb_bring}, {"mount", verb_mount},     {"umount", verb_umount}};

int main(int argc, char **argv)
{
    char **words;
    int json = 0;
    say_name("vlab-node", "vlab-node [-j]\n"
                          "vlab-node run [-l launcher] node|all|least word...\n"
                          "vlab-node on [-p number]\n"
                          "vlab-node off [-fn] [-m reason] [-t seconds]\n"
                          "vlab-node block [-m reason]\n"
                          "vlab-node noblock\n"
                          "vlab-node expel [-f] [-m reason] [-t seconds]\n"
                          "vlab-node bring\n"
                          "vlab-node mount [node...]\n"
                          "vlab-node umount [-l] [node...]\n\n"
                          "See to the nodes of the lab; see vlab-node(8).");
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    while (say_options(argc, argv, "j") != -1)
        json = 1;
    words = argv + optind;
    if (!*words)
        return verb_list(json);
    if (json)
        say_usage();
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(*words, verbs[i].name) == 0) {
            argc -= optind;
            *words = argv[0]; /* getopt(3) says who complains */
            optind = 0;
            return verbs[i].run(argc, words);
        }
    say_die(SAY_USAGE, "%s: there is no such verb; vlab-node --help lists them", *words);
}

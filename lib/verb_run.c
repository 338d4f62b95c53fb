#include "say.h"
#include "verb.h"

int verb_run(int argc, char **argv)
{
    while (say_options(argc, argv, "l:") != -1)
        ;
    if (argc - optind < 2)
        say_usage();
    say_die(SAY_SYSTEM, "not built yet");
}

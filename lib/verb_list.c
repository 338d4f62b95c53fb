#include "say.h"
#include "verb.h"

int verb_list(int json)
{
    (void)json;
    say_die(SAY_SYSTEM, "not built yet");
}

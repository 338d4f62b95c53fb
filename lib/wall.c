#include "wall.h"

int wall_say(const char *text)
{
    return ring_say("wall", 0, text);
}

int wall_begin(unsigned long long *last)
{
    return ring_begin("wall", 0, last);
}

int wall_next(unsigned long long *last, char *text)
{
    return ring_next("wall", 0, last, text);
}

#include "wall.h"

int wall_say(const char *text)
{
    return ring_say("wall", 0, text);
}

int wall_next(long long since, unsigned long long *last, char *text)
{
    return ring_next("wall", 0, since, last, text);
}

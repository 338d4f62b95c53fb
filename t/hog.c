/* hog: take all the inotify instances that are left to this user, print `full`, and keep
   them until the end of descriptor 0. For the tests. */
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "say.h"

int main(void)
{
    char byte;

    say_name("hog", "hog");
    while (inotify_init1(IN_CLOEXEC) >= 0)
        ;
    puts("full");
    fflush(stdout);
    return read(0, &byte, 1) < 0 ? SAY_SYSTEM : SAY_DONE;
}

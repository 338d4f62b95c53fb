/* usher: who comes to a console: what he asks for, and what he may. */
#ifndef USHER_H
#define USHER_H

#include <sys/types.h>

#include "console.h"
#include "message.h"

struct usher {
    uid_t owner;
    const char *pool; /* whoever may use it may watch; 0: nobody but root and the owner */
};

enum { USHER_LARGEST = 65535 /* rows or columns */ };

/* What somebody wants who has said his first line. */
struct usher_wish {
    const char *wall; /* in the line: to be said to all who are attached; 0: nothing */
    int attach;       /* else it is what the console says of itself */
    int writes;       /* he may write, too */
    unsigned long rows, columns;
    char who[CONSOLE_WHO];
};

/* Take the line apart that has come by the unix socket fd. Returns MESSAGE_NONE, or what
   is wrong with it, and *why says more. */
enum message_code usher_hear(const struct usher *u, int fd, char *line,
                             struct usher_wish *w, const char **why);

#endif

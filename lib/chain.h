/* chain: steps that are taken in order, and undone in reverse when one of them fails or
   somebody interrupts: SIGINT, SIGTERM, SIGHUP, unless they are ignored. Each step has a
   hook of its name (hook.h). A process takes one chain.

   It shows on descriptor 1 what it does, and says by say_warn what fails. */
#ifndef CHAIN_H
#define CHAIN_H

#include <poll.h>

struct chain_step {
    const char *name; /* of its hook, too */
    const char *text; /* what is shown when it begins */

    /* Take the step. Returns 0; or the exit code when it fails, and has said why. */
    int (*run)(void);

    /* Undo it, when a later one has failed, or itself, perhaps in the middle; 0: there is
       nothing to be undone. Returns 0; or -1, and has said why. */
    int (*undo)(void);
};

struct chain {
    const struct chain_step *step;
    unsigned steps;
    unsigned kept; /* when these many are done, they are not undone any more */

    /* Words for the hooks, behind `do` or `undo`; the last is 0. They may become known in
       the first step. At most 6. */
    const char *const *words;
};

/* Take all steps. Returns 0, or the exit code of the one that failed: 111 if it was its
   hook; 128 + N after signal N. */
int chain_run(const struct chain *c);

/* For a step that waits: as poll(2), until the deadline of dial_now. Returns what poll
   does, but -1 with EINTR when it is to be given up: then return chain_signal() from the
   step. A signal that comes while steps are undone ends their hooks, and nothing else. */
int chain_poll(struct pollfd *p, nfds_t n, long long deadline);

/* 128 + N when signal N has come, else 0. */
int chain_signal(void);

/* Show how it goes on, in one line that changes, if descriptor 1 is a terminal; "" takes
   it away. */
void chain_show(const char *line);

#endif

/* errand: a command that a launcher runs for the client of a connection. It has a slot of
   the launcher; its three streams are those of the connection. */
#ifndef ERRAND_H
#define ERRAND_H

#include <signal.h>

#include "caller.h"
#include "launcher.h"
#include "message.h"
#include "roster.h"
#include "run.h"
#include "stream.h"
#include "wordlist.h"
#include "words.h"

struct errand {
    struct launcher launcher;
    struct caller caller;
    char *argv[WORDS_MAX + WORDLIST_MAX + 1];
    char room[2 * CONF_WORD]; /* of the launcher's words */
    int now;                  /* only if it need not wait */
    unsigned node;            /* the caller is a guest from there, 0: he is none */
    unsigned wait;            /* seconds it may wait for its turn, 0: no limit */
};

/* The launcher of this name, if the roster, whose config is open, has it and the caller
   may use it. Returns MESSAGE_NONE, or what is wrong. */
enum message_code errand_find(struct errand *e, const struct roster *all,
                              const char *name);

/* The command, the launcher's words and those of the caller behind them, which are not
   copied; and who it is to be. Where this host is a node, we are on its roll from then
   on. Returns MESSAGE_NONE, or what is wrong, in *why for people (0: as the code has it).
 */
enum message_code errand_prepare(struct errand *e, const struct wordlist *l,
                                 const char **why);

/* Run it, and tell the client how it goes: `rem waiting N ahead`, `started SLOT`, at last
   `exit N`, `signal N` or `error CODE TEXT`. When the client hangs up, or breaks the
   rules, the command has to end, and when *ends is set, which signals may do that mask
   lets through; all others are blocked. Returns when nothing of the command runs any
   more, and the client has been told, or is gone. Start and end go to the log. */
void errand_run(const struct errand *e, struct streams *c, const sigset_t *mask,
                const volatile sig_atomic_t *ends);

/* The beginning of it: stand in line, with these descriptors of the command. Returns as
   run_start. */
int errand_start(const struct errand *e, struct run *r, const int *stream);

#endif

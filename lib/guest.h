/* guest: somebody on another node who uses this one: he is on its roll, for as long as
   his helper here lives. */
#ifndef GUEST_H
#define GUEST_H

#include "member.h"
#include "message.h"

/* Join the roll of the node that this host is, until this process ends; once in a
   process. Returns MESSAGE_NONE, or what is wrong: MESSAGE_BLOCKED when the node takes
   none, or his own one calls him home; then *why says more. */
enum message_code guest_join(const struct member_guest *g, const char **why);

/* From now on SIGUSR1 says that there is a note for the guest: before he joins. Returns
   0, or -1 and errno. */
int guest_listen(void);

/* What he was told since, into note (ROLL_TEXT bytes), which is forgotten then; also
   without a signal if any. Returns 1, or 0: nothing. */
int guest_told(char *note, int any);

/* From now on the program that we become by exec(2) is the guest. Returns 0, or -1. */
int guest_stay(void);

#endif

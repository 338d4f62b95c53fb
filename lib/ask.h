/* ask: what vlab-relay asks its helper. */
#ifndef ASK_H
#define ASK_H

#include "relay.h"

/* Connect to the helper and become the user, if that has not been done, and pass on its
   banner. Returns 0, or -1: the client has been told why not. */
int ask_login(struct relay *r);

/* Say a line to the helper, formatted by message_format. */
#define ask_send(r, ...) message_send((r)->helper.fd, __VA_ARGS__)

/* Wait for the helper's next line: its first word and the rest. waiting: 0, or the lines
   of the client so far, who asked to wait however long it takes: he may lose interest,
   which ends it. Returns 1, or 0 when it is over. */
int ask_answer(struct relay *r, char **words, const struct lines *waiting);

/* Say the helper's line to the client. Returns as relay_say. */
int ask_pass_on(struct relay *r, char **words);

/* The helper's answer to `userrequest POOL`, passed on. */
void ask_boards(struct relay *r, const char *pool, const char *why);

/* All pools the user may use, a remark for each with the state of its boards, and
   endlist. */
void ask_list(struct relay *r);

#endif

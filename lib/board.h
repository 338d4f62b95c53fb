/* board: one board's roll, read as what it means. Record 0 (the header) says `offline
   UNTIL REASON`, or is empty; every other living record is a session, its text `USER
   UID`. */
#ifndef BOARD_H
#define BOARD_H

#include <sys/types.h>

#include "conf.h"
#include "roll.h"

enum { BOARD_FREE, BOARD_HELD, BOARD_OFFLINE };

struct board_state {
    int state;       /* BOARD_HELD also when it is offline and held */
    int offline;     /* marked offline now? */
    long long until; /* of offline: Unix seconds, 0 without end */
    char reason[ROLL_TEXT];
    uid_t uid; /* of held; -1 and "?" when the records do not say whose it is */
    char user[CONF_NAME];
    unsigned sessions;
};

/* Open a board's roll (mode as roll_open). Returns 0, or -1 and errno. */
int board_open(struct roll *r, const char *address, int mode);

/* Read the state off an open roll. Does not count the caller's own session. Returns 0 or
 * -1. */
int board_read(const struct roll *r, struct board_state *s);

/* The same of a board by its address: opens (ROLL_READ), reads, closes. For boards this
   process has not joined. */
int board_look(const char *address, struct board_state *s);

/* Who a session's record belongs to: parse `USER UID`. Returns 0, or -1 EPROTO. */
int board_session(const struct roll_entry *e, char *user, uid_t *uid);

/* Join the board for a user, if it is free and online, or is his already and fresh is 0.
   On success r is open and joined. Returns 1 joined, 0 not (r closed), -1 and errno (r
   closed). Takes and gives back the board's gate. */
int board_take(struct roll *r, const char *address, uid_t uid, const char *user,
               int fresh);

/* Set the offline mark: until in Unix seconds or 0; reason. r must be open with
   ROLL_WRITE; takes and gives back the gate. unless_later: leave a mark alone that
   already lasts longer. Returns 0 or -1. */
int board_set_offline(struct roll *r, long long until, const char *reason,
                      int unless_later);
/* Clear it. Returns 1, 0 if there was none, -1. */
int board_set_online(struct roll *r);

/* The same for who marks without being asked: his marks have no end, and begin with whose
   they are. Sets `WHOSE REASON`, but leaves a mark of another's alone that has no end,
   either; reason 0: clears one that is his. Returns 1, 0 when it was so already, -1. */
int board_set_mark(struct roll *r, const char *whose, const char *reason);

/* Choose and take a board of the pool for a user, by the rule of vlab(7): one he holds in
   it already (unless fresh); else, if may_take_free, the free and online one unused for
   longest. Needs the gate of the pool's line, or to stand at its head. The address goes
   to address (CONF_ADDRESS bytes). Returns 1, 0 if there is none, -1. */
int board_choose(struct roll *r, struct conf_lines pool, uid_t uid, const char *user,
                 int fresh, int may_take_free, char *address);

#endif

/* reply: what a helper says to its peer: answers, and what reaches it while it waits. A
   peer that cannot be written to is gone, and leaving is exiting: so these functions end
   the program then, with code 0: the one exception in lib/ besides say, for half of them
   are run by signals, whose caller could not be told. */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>
#include <sys/types.h>

#include "message.h"
#include "turn.h"

/* Set up the signals of a helper whose session is t (t->mask, t->late and t->moved are
   set here). Before it joins any roll, for who stands on one is sent signals. */
void reply_prepare(struct turn *t);

/* Say one line to descriptor 1, formatted by message_format; it goes out when we next
   wait, or at reply_flush. Both return 0, for a command to end with. */
int reply(const char *format, ...) __attribute__((format(printf, 1, 2)));
int reply_error(enum message_code code, const char *text);
void reply_flush(void);

/* Flush, unless the peer reads so little that it would make us wait. */
void reply_offer(void);

/* Has anything gone out since this was last asked? Then the peer may have kept us
 * waiting.
 */
int reply_written(void);

/* Wait for bytes from descriptor 0 and pass on news meanwhile. Returns as read(2). */
ssize_t reply_read(char *bytes, size_t size);

/* From on to off, a peer that hangs up ends the program wherever it is, and *t->late is
   set when seconds are over (0: never). */
void reply_wait_on(unsigned long seconds);
void reply_wait_off(void);

#endif

/* relay: what vlab-relay has in hand: its client on descriptors 0 and 1, its helper, and
   why it ends. Nothing here blocks but relay_wait, which sees every end: a client or a
   helper that is gone sets over, and whoever loops looks at that. All buffers are
   bounded: who does not read is not read from. The parts of vlab-relay (this, session)
   log by say_info and say_warn: it is what the users do that is logged, where it is done,
   and the client hears none of it. */
#ifndef RELAY_H
#define RELAY_H

#include <poll.h>
#include <sys/types.h>

#include "helper.h"
#include "message.h"

enum {
    RELAY_BUFFER = 16384,
    RELAY_LINGER = 5000 /* milliseconds a half-closed session lasts without a word */
};

enum relay_over {
    RELAY_GOES_ON,
    RELAY_LEFT,       /* the client said so, or sends no more */
    RELAY_GONE,       /* nobody is there to read what we say */
    RELAY_IDLE,       /* the client said nothing for too long */
    RELAY_BOARD_LOST, /* each of these two ends it for the client */
    RELAY_HELPER_LOST
};

/* Bytes under way: data[at] to data[have - 1]. */
struct relay_buffer {
    size_t at, have;
    char data[RELAY_BUFFER];
};

struct relay { /* all zero at first, but helper.fd -1 */
    struct helper helper;
    struct relay_buffer in, out, walls;
    int in_ended;    /* the client sends no more */
    int middle;      /* the last byte that went out did not end a line */
    int said_error;  /* the last line relay_say said was an error */
    int raw;         /* no lines of ours may mix with what is the board's */
    long long heard; /* when the client last sent something, of dial_now */
    enum relay_over over;
    char why[MESSAGE_LINE];  /* of over: `CODE TEXT`, or empty */
    unsigned timeout, alive; /* seconds */
    const char *user, *home;
};

/* Make descriptors 0 and 1 non-blocking (they may be shared with others), and put them
   back as they were; that is safe in a signal handler. */
void relay_open(void);
void relay_restore(void);

/* How many bytes the buffer has room for, behind those it has; it moves them to its
   front. */
size_t relay_room(struct relay_buffer *b);

/* Log a command of the client. */
void relay_log(const struct relay *r, const char *line);

/* The session is over, if it was not yet. why: `CODE TEXT` to tell the client, or 0. */
void relay_end(struct relay *r, enum relay_over over, const char *why);

/* Put bytes (for which there is room) or a line into r->out. relay_say formats as
   message_format and waits for the room. Returns 0, or -1 when it is over. */
void relay_pass(struct relay *r, const char *data, size_t n);
int relay_say(struct relay *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wait until something happens: bytes from the client (RELAY_CLIENT: read into r->in if
   it has room), something from the helper (RELAY_HELPER), what board (or 0) polls for; or
   the deadline of dial_now. r->out is written as it goes. Returns 0, or -1 when it is
   over. */
enum { RELAY_CLIENT = 1, RELAY_HELPER = 2 };
int relay_wait(struct relay *r, int what, struct pollfd *board, long long deadline);

/* The helper's next line if one is here, as its first word and the rest. Broadcasts are
   put aside into r->walls. Returns 1, or 0: none, or it is over. */
int relay_helper(struct relay *r, char **words);

/* Broadcasts go out, if lines of ours may stand where we are, or to a terminal at
   descriptor 2. */
void relay_walls(struct relay *r);

/* Hear what the helper says unasked: an error is its farewell. Then relay_walls. */
void relay_listen(struct relay *r);

/* Tell the client why it ends, and give it some time to take what is left. */
void relay_farewell(struct relay *r);

#endif

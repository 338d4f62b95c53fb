/* client: the client of a board's end, on descriptors 0 and 1: its lines and bytes, what
   we say to it, and the signals that reach us meanwhile. Nothing blocks but client_wait.
   All is bounded: who does not read is not read from. A process has one client. */
#ifndef CLIENT_H
#define CLIENT_H

#include <poll.h>
#include <stddef.h>

#include "message.h"

enum {
    CLIENT_IN = 16384,
    CLIENT_REPLY = 32768,         /* bytes: the longest answer to one command */
    CLIENT_OUT = 2 * CLIENT_REPLY /* what is kept of it, while the client does not read */
};

/* What has happened. */
enum {
    CLIENT_TOLD = 1,   /* SIGUSR1: something was said to all sessions */
    CLIENT_UARTS = 2,  /* SIGUSR2: a UART has another rate */
    CLIENT_CHILD = 4,  /* SIGCHLD */
    CLIENT_END = 8,    /* SIGTERM or its kin: somebody ends this session */
    CLIENT_GONE = 16,  /* the client cannot be written to */
    CLIENT_WANTED = 32 /* SIGURG: somebody wants a UART that is busy: client.wanted */
};

extern struct client {
    size_t at, have; /* bytes that came, and have not been looked at, in in */
    char in[CLIENT_IN];
    int ended;   /* it sends no more */
    int wanted;  /* the number that came with the last SIGURG */
    int signals; /* poll it for reading, then ask client_signals */
} client;

/* Make the descriptors non-blocking, block the signals above. Before joining any roll,
   for who stands on one is sent signals. Returns 0, or -1 and errno. */
int client_open(void);

/* What signals have come since this was last asked, as bits. */
int client_signals(void);

/* Say one line, formatted by message_format; it goes out when client_wait is called. For
   a line that finds no room the client is gone. Both return 0, for a command to end with.
 */
int client_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int client_error(enum message_code code, const char *text);

/* How many bytes is there room for, of what we say? */
size_t client_room(void);

/* Wait until something happens: bytes from the client into client.in if it has room,
   signals, what the n of more poll for (at most 4), or timeout milliseconds (-1: none)
   are over, or what we have said has gone out. Returns what has happened, as bits. */
int client_wait(struct pollfd *more, unsigned n, int timeout);

/* Wait until all we have said has gone out, for some milliseconds at most, or CLIENT_END.
   Returns what has happened. */
int client_flush(int timeout);

/* The descriptors as they were; a socket is shut down. */
void client_close(void);

#endif

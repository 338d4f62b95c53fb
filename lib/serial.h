/* serial: a session that is a UART: bytes as they are, both ways, for good. */
#ifndef SERIAL_H
#define SERIAL_H

#include "holder.h"
#include "visit.h"

enum serial_over {
    SERIAL_LEFT,  /* the client sends no more, and had its time to read the rest */
    SERIAL_GONE,  /* it takes no more */
    SERIAL_LOST,  /* the tty is gone */
    SERIAL_ENDED, /* somebody ends this session */
    SERIAL_TAKEN  /* the board is no longer its holder's */
};

enum {
    SERIAL_LINGER = 5000 /* milliseconds to read for who sends no more; less, when
                            another session of the board wants this UART;
                            more, as long as the UART has not sent what he sent, and
                            goes on with it: by a byte at least each time, of the
                            few thousand that a tty keeps, so not for ever */
};

/* Between the client, which has just been told usinguart, and the UART (its number, and
   its tty on fd). First what is left in client.in; cr: an LF that comes first belongs to
   the line before. h: who is to hold the board; 0: nobody in particular. child: called
   when SIGCHLD came. */
enum serial_over serial_run(int fd, unsigned uart, int cr, struct visit *v,
                            struct holder *h, void (*child)(void));

#endif

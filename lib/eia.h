/* eia: the settings of a tty in the words of Plan 9's eia ctl files, and two of its
   consctl file: a tty here may be a terminal, which changes bytes, as theirs is not. */
#ifndef EIA_H
#define EIA_H

#include <stddef.h>

enum {
    EIA_TEXT = 256,   /* bytes of a reading, at most */
    EIA_BREAK = 10000 /* milliseconds of a break, at most */
};

/* The settings of the tty as words one can write again, and a newline: `b115200 l8 pn s1
   d1 r1 m0 x0 rawon`. Without b when it is no rate of uart.h, without p when it is none
   of the words, without d and r when the tty has no such lines. Returns the length, or -1
   and errno (ENOTTY). */
int eia_read(int fd, char text[EIA_TEXT]);

/* Do what n bytes of words say, in either case of letters, white space between them:
   b115200 (rate), l5 to l8 (bits), pn pe po (parity), s1 s2 (stop bits), d0 d1 (DTR), r0
   r1 (RTS), k100 (break, milliseconds; k0: 200), f (flush what is still to be sent), x0
   x1 (software flow control), m0 m1 (hardware flow control), rawon (bytes pass as they
   are), rawoff (a terminal). All words are checked before one is done; then settings are
   made, all or none, at once, what is still to be sent or not; then f, then d and r as
   they come, then k.

   Never waits, but for what a UART has taken already: a break, which would wait for all
   that is still to be sent, is EAGAIN before anything is done, unless there is f.

   A tty without lines, as a pty is, has d and r refused (ENOTTY) before anything is done;
   one without breaks takes k and does nothing, as tcsendbreak(3) does there. Settings
   that it does not make are an error.

   *pause: milliseconds for which a break, begun now, shall last; eia_break ends it; 0:
   none. Returns 0, or -1: EINVAL (a word is none, or the tty has not what it says),
   EAGAIN, or as from tcsetattr(3), ioctl(2). */
int eia_write(int fd, const char *words, size_t n, unsigned *pause);
int eia_break(int fd);

#endif

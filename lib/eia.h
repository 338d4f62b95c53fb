/* eia: the settings of a tty in the words of Plan 9's eia ctl files. */
#ifndef EIA_H
#define EIA_H

#include <stddef.h>

enum { EIA_TEXT = 256 }; /* bytes of a reading, at most */

/* The settings of the tty as words one can write again, and a newline: `b115200 l8 pn s1
   d1 r1 ...`. Returns the length, or -1 and errno (ENOTTY). */
int eia_read(int fd, char text[EIA_TEXT]);

/* Do what n bytes of words say: b115200 (rate), l5 to l8 (bits), pn pe po (parity), s1 s2
   (stop bits), d0 d1 (DTR), r0 r1 (RTS), k100 (break, milliseconds), f (flush), x0 x1
   (software flow control), m0 m1 (hardware flow control). All words are checked before
   one is done. *pause: milliseconds for which a break, begun now, shall last; eia_break
   ends it; 0: none. Returns 0, or -1: EINVAL (a word is none, or a rate the tty has not),
   or as from tcsetattr(3), ioctl(2). */
int eia_write(int fd, const char *words, size_t n, unsigned *pause);
int eia_break(int fd);

#endif

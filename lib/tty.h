/* tty: a raw terminal, and the way back. */
#ifndef TTY_H
#define TTY_H

/* Make the terminal fd raw: every byte passes as it is, both ways. Returns 0, or -1 and
   errno (ENOTTY). */
int tty_raw(int fd);

/* Set it as it was before tty_raw; nothing without one. Safe in a signal handler. */
void tty_restore(void);

#endif

/* uart: a serial line, ours alone: flock(2) keeps other programs of this field away and
   dies with us, TIOCEXCL those that do not ask. */
#ifndef UART_H
#define UART_H

#include <termios.h>

/* Does termios have this rate, 300 to 4000000? 1 or 0. */
int uart_has_rate(unsigned rate);

/* Such a rate as it stands in a struct termios, and back; B0 and 0: there is none. */
speed_t uart_speed(unsigned rate);
unsigned uart_rate(speed_t speed);

/* Open the tty at path: raw, 8N1, no modem control, this rate; what an earlier session
   left in it is flushed. Non-blocking, close-on-exec. Waits up to wait milliseconds for
   who is just leaving. Returns the descriptor, or -1 and errno: EBUSY when somebody has
   it, ENOTTY, or as from open(2). */
int uart_open(const char *path, unsigned rate, int wait);

/* Set another rate. Returns 0, or -1 and errno. */
int uart_set_rate(int fd, unsigned rate);

/* How many bytes written to it are still to be sent? 0 when that cannot be known. */
int uart_unsent(int fd);

/* Give it back. */
void uart_close(int fd);

#endif

/* foreign: descriptors that we share with whoever started us. Whether they block is a
   matter of their open file description, which is his as well: so it must stay as it is.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

/* A descriptor for the same file as fd, that does not block if that can be had: flags is
   O_RDONLY or O_WRONLY. Close-on-exec. Returns it, or -1 and errno. */
int foreign_open(int fd, int flags);

/* Is fd our terminal, and are we not in its foreground? Then to read from it would stop
   us, and take from others what is meant for them. 1 or 0. */
int foreign_background(int fd);

/* Have what was left closed of descriptors 0 to 2 take no other file: 0 is empty then, 1
   and 2 cannot be written. Returns 0, or -1 and errno. */
int foreign_fill(void);

#endif

/* special: what there is to know about devices without opening them: that alone would
   move the modem lines of a tty. */
#ifndef SPECIAL_H
#define SPECIAL_H

#include <stdint.h>
#include <sys/types.h>

#include "ninep.h"

/* Is the character device a tty? */
int special_is_tty(dev_t device);

/* The bytes of a block device; fd: a descriptor it is open by, or one of O_PATH. */
uint64_t special_size(dev_t device, int fd);

/* If the name ends as those of the files for a tty's settings do, NAMEctl, the tty's goes
   to tty (NINEP_NAME + 1 bytes), and 1 is returned. */
int special_is_ctl(const char *name, char *tty);

/* The other way (NINEP_NAME + 1 bytes); 0: that would be too long. */
int special_ctl(const char *tty, char *name);

/* Are there bytes that the tty has still to send? Then close(2) would wait for it. */
int special_is_sending(int fd);

#endif

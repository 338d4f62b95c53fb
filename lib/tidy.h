/* tidy: what a super-server has left to a helper. */
#ifndef TIDY_H
#define TIDY_H

/* Close what was left open above descriptor 2: it would keep the super-server's sockets
   and other people's pipes alive; make /dev/null of 0, 1 and 2 where they were left
   closed: they would become rolls, and get what is for others. Returns 0, or -1 and
   errno. */
int tidy_descriptors(void);

/* For who logs elsewhere: a descriptor 2 that is a socket is the client's connection (as
   under xinetd), which nobody we start may keep open: /dev/null instead. Returns 0, or -1
   and errno. */
int tidy_messages(void);

#endif

/* tidy: what a super-server has left to a helper. */
#ifndef TIDY_H
#define TIDY_H

/* Close what was left open above descriptor 2: it would keep the super-server's sockets
   and other people's pipes alive; open 2 when it was left closed: it would become a roll,
   and get our messages. Returns 0, or -1 and errno. */
int tidy_descriptors(void);

/* For who logs elsewhere: a descriptor 2 that is a socket is the client's connection (as
   under xinetd), which nobody we start may keep open: /dev/null instead. Returns 0, or -1
   and errno. */
int tidy_messages(void);

#endif

/* linger: the end of a connection, such that nothing is lost on the way: TCP takes back
   what the peer has not got yet when something that he sent was not read. */
#ifndef LINGER_H
#define LINGER_H

#include <signal.h>

/* Nothing more is said on out: what the peer still sends on in is thrown away until he
   hangs up, the deadline (of dial_now) has come, or a signal that mask lets through (0:
   that is not blocked). Then the connection can be closed. */
void linger(int in, int out, long long deadline, const sigset_t *mask);

#endif

/* reach: a connection to a helper, by the path of its unix socket or over TCP. */
#ifndef REACH_H
#define REACH_H

/* Connect to where: a path, if there is a slash in it, else HOST:PORT or [V6]:PORT; and
   HOST, V6 or [V6] when port says which one is meant then (else it is 0). At most until
   the deadline (of dial_now). A TCP connection is watched, so that a vanished host is
   noticed within alive seconds. Returns the descriptor, blocking and close-on-exec, or -1
   and errno (EINVAL: neither a path nor a host and port; ENOENT: no such path, or host).
 */
int reach(const char *where, unsigned port, unsigned alive, long long deadline);

#endif

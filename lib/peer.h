/* peer: who is at the other end of a connection, by the kernel's word. */
#ifndef PEER_H
#define PEER_H

#include <sys/types.h>

#include "conf.h"

enum {
    PEER_KNOWN,   /* the kernel told his uid: unix socket, or TCP from this host */
    PEER_TRUSTED, /* TCP from an address the config trusts: he says who he is */
    PEER_HAND, /* a pipe, file or terminal: whoever runs us by hand owns the state anyway
                */
    PEER_STRANGER /* anybody else: nothing he says about himself counts */
};

struct peer {
    int how;
    uid_t uid;     /* of PEER_KNOWN */
    char from[64]; /* "local", or the IP address as inet_ntop writes it (v4-mapped ones as
                      v4) */
    int here;      /* TCP from an address of this host? */
    unsigned port; /* of TCP: where he comes from; below 1024 he is root there */
};

/* Ask the kernel about descriptor fd. For TCP from any address of this host: the uid that
   owns the other end by sock_diag(7), if that socket is still somebody's: an orphaned or
   closed one shows uid 0 and is PEER_STRANGER. c may be closed (then nobody is trusted).
   Returns 0, or -1 and errno. */
int peer_identify(struct peer *p, int fd, struct conf *c);

/* One end of a TCP connection; IP addresses as inet_ntop writes them. */
struct peer_end {
    char ip[64];
    unsigned port;
};

/* Our own end of it. Returns 0, or -1 and errno. */
int peer_self(int fd, struct peer_end *self);

/* The uid that has the connection from an end on this host to another. Returns 1; 0 when
   nobody has it, or an address is none. */
int peer_owner(const struct peer_end *from, const struct peer_end *to, uid_t *uid);

/* May this peer act for uid? The same user may; so may uid 0 and the helper's own uid,
   PEER_TRUSTED and PEER_HAND for anybody. */
int peer_may_be(const struct peer *p, uid_t uid);

/* May this peer act for the administrator (a verified 0, PEER_HAND by uid 0 or our own)?
 */
int peer_is_root(const struct peer *p);

/* On TCP: have a vanished peer noticed within seconds, by keep-alive and
 * TCP_USER_TIMEOUT. Else nothing. */
void peer_alive(int fd, unsigned seconds);

/* Has the other end hung up (also half: it will send no more)? 1 or 0. Safe in a signal
 * handler. */
int peer_gone(int fd);

#endif

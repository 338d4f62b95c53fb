/* member: a host as a node of the lab. Each node has a roll, node/N: its header says what
   the node is, `NUMBER STATE SINCE HOST REASON`, NUMBER 0 when it is not a member; a
   record is something that uses it, `KIND USER UID NODE TEXT`. A host writes the header
   of its own node, and in those of others what they said of themselves last. */
#ifndef MEMBER_H
#define MEMBER_H

#include <sys/types.h>

#include "conf.h"
#include "roll.h"

enum member_state { MEMBER_OFF, MEMBER_UP, MEMBER_BLOCKED, MEMBER_LEAVING };

/* Bytes of a reason, and of a refusal, the NUL counted. */
enum { MEMBER_REASON = 128, MEMBER_REFUSAL = MEMBER_REASON + ROLL_HOST + 32 };

struct member {
    unsigned node; /* whose roll it is */
    int is_member; /* does the header say its number? */
    enum member_state state;
    long long since; /* Unix seconds; 0: never said */
    char host[ROLL_HOST];
    char reason[MEMBER_REASON]; /* printable, perhaps "" */
};

/* What uses a node. */
enum member_kind {
    MEMBER_BOARD,   /* a session at the end of a board of its */
    MEMBER_RUN,     /* guests: a command of another node's, */
    MEMBER_DUCT,    /* a mount there, */
    MEMBER_CONSOLE, /* somebody there at a console here */
    MEMBER_AWAY,    /* a client here of a command on another node */
    MEMBER_KINDS
};

struct member_guest {
    enum member_kind kind;
    char user[CONF_NAME];
    uid_t uid;
    unsigned node;    /* the other one; 0: none */
    const char *text; /* in the entry */
};

/* The words of states and kinds, and back: -1 when there is no such state. */
const char *member_state_word(enum member_state s);
const char *member_kind_word(enum member_kind k);
int member_state_of(const char *word);

/* Why a node takes nothing new, `node N is STATE: REASON`, for people, into out
   (MEMBER_REFUSAL bytes). One that is up is full; 0 is this host, which is no node.
   Returns out. */
char *member_refusal(char *out, unsigned node, enum member_state s, const char *reason);

/* Open the roll of a node, mode as roll_open. Returns 0, or -1 and errno. */
int member_open(struct roll *r, unsigned node, int mode);

/* Read its header: of a roll that was never written, off. Returns 0, or -1. */
int member_read(const struct roll *r, unsigned node, struct member *m);

/* The same of a roll that this process has not joined: opens, reads, closes; one that
   is missing is off, too. Returns 0, or -1 and errno. */
int member_look(unsigned node, struct member *m);

/* Write what m says under the gate of its node, from now on. Whoever joins later has seen
   it. The roll is made when it is missing. Returns 0, or -1 and errno. */
int member_set(const struct member *m);

/* The same of what another host says of its node, with its address as host; nothing is
   written over what that host has written itself, for that is newer. Returns 1; 0 when it
   was not written; or -1 and errno. */
int member_hear(const struct member *m);

/* The node that this host is a member as. Returns 1 and m; 0: none; -1 and errno. */
int member_self(struct member *m);

/* The same for all users, who may not read the rolls: the file shutdown.HOST of the state
   directory, which is there while this host is a member, has its number. node 0: there is
   none any more. Returns 0, or -1 and errno. */
int member_publish(unsigned node);

/* That number, or 0. */
unsigned member_published(void);

/* The node of the map with an address of this host. Returns how many have one (the first
   of them in *node), or -1 and errno. */
int member_guess(struct conf *c, unsigned *node);

/* Join the roll of a node as something that uses it: r is then open and joined. text is
   cut to what it has room for. Returns 0, or -1 and errno: EAGAIN when the node is not up
   (m says what it is), but what is away may be so while it is blocked. */
int member_join(struct roll *r, unsigned node, const struct member_guest *g,
                struct member *m);

/* What a record says. Returns 0, or -1 EPROTO. */
int member_guest(const struct roll_entry *e, struct member_guest *g);

/* The right to change what this host is: one process at a time has it, until it ends or
   closes r. Text says who, for others. Returns 0; or -1 and errno, EAGAIN when somebody
   has it: then his record is in *who. */
int member_change(struct roll *r, const char *text, struct roll_entry *who);

#endif

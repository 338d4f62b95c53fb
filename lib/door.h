/* door: the client's end of a connection to vlab-door of a node, and the two lines that
   each of them begins with, as vlab-protocol(7) has them. */
#ifndef DOOR_H
#define DOOR_H

#include "map.h"
#include "member.h"

enum {
    DOOR_MOST = 1000000,  /* sessions, commands, load: who says more is not believed */
    DOOR_LINE = 1024,     /* bytes of either line, the newline (or final NUL) counted */
    DOOR_PATIENCE = 2000, /* milliseconds in which a node that is not down answers */
    DOOR_SILENCE = 10     /* seconds within which one that is lost is noticed by a duct */
};

/* What a node says of itself. */
struct door_said {
    unsigned number; /* 0: it is no member */
    char hash[MAP_HASH];
    enum member_state state;
    long long since;                        /* Unix seconds; only who answers says it, */
    unsigned long sessions, commands, load; /* and these; load: hundredths */
    char reason[MEMBER_REASON];             /* printable, perhaps "" */
};

/* This host, by the config and as far as we may see: who may not read the rolls says that
   it is no member. Returns 0, or -1 and errno. */
int door_self(struct door_said *self, struct conf *c);

/* The line of who asks: into line (DOOR_LINE bytes) with its newline. Returns its length.
   And taken apart, in place, without the newline: verb points into it. Returns 0, or -1
   EPROTO. */
size_t door_ask(char *line, const char *verb, const struct door_said *self);
int door_asked(char *line, char **verb, struct door_said *peer);

/* The same of the answer. door_answered returns 1; 0 when it is an error: *why is then
   `CODE TEXT`, printable; or -1 EPROTO. */
size_t door_answer(char *line, const struct door_said *self);
int door_answered(char *line, struct door_said *peer, char **why);

/* Of errno after door_open: what went wrong, for people. */
const char *door_error(int e);

/* Connect to a node and ask for what is behind the verb, until the deadline (of
   dial_now). Then *fd, blocking and close-on-exec, is where the stream begins: nothing of
   it has been read. Returns 1, *said (said may be 0) is what the node says of itself; 0
   when it says no: why (DOOR_LINE bytes) is then `CODE TEXT`; or -1 and errno, ENXIO when
   the map has no such node. */
int door_open(unsigned node, const char *verb, long long deadline, int *fd,
              struct door_said *said, char *why);

#endif

/* offer: what a node offers to another, verb by verb. Like must, these end the program
   when what is asked for cannot be. */
#ifndef OFFER_H
#define OFFER_H

#include "door.h"
#include "message.h"
#include "peer.h"

struct offer {
    struct conf conf;
    struct peer peer;             /* who asks, on descriptors 0 and 1, */
    struct map_node from;         /* from this node, */
    struct door_said asker, self; /* what it and we are; */
    int believed;                 /* and does its root say what it says of itself? */
    int to_syslog;
};

/* Refuse him: text, or what the code means if that is 0. */
void __attribute__((noreturn)) offer_refuse(enum message_code code, const char *text);

/* Do what the verb says, and answer. */
void offer(struct offer *o, const char *verb);

#endif

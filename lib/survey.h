/* survey: all nodes of the map asked side by side, each of them for at most
   DOOR_PATIENCE; who asks more than once waits so long only once. */
#ifndef SURVEY_H
#define SURVEY_H

#include "door.h"

enum survey_how {
    SURVEY_DOWN,    /* it did not answer; why says more */
    SURVEY_DIFFERS, /* it has another map, or is another node there */
    SURVEY_SAID     /* it answered: said is true */
};

struct survey_node {
    unsigned number;
    char host[ADDRESS_HOST]; /* where it is reached */
    enum survey_how how;
    struct door_said said;
    char why[MEMBER_REASON]; /* of the others, for people */
};

enum { SURVEY_SOON = 200 /* milliseconds for those that were down before */ };

struct survey {
    unsigned count;
    struct survey_node *node; /* ascending */
};

/* Ask them all, the own one too: what this host is, by its rolls, is told each of them
   with that. Root is believed in what it says so, others are not. The verb is

       state   nothing more
       bring   and have what this node's users run there end: sessions and commands are
               then those, and both 0 when there is none any more

   Returns 0, or -1 and errno; survey_free in any case. */
int survey(struct survey *s, struct conf *c, const char *verb);

/* The same, but of all but this node; and s is all zero, or as it was left: then nodes
   that were down are asked once more, but not waited for longer than SURVEY_SOON. */
int survey_others(struct survey *s, struct conf *c, const char *verb, unsigned own);

void survey_free(struct survey *s);

/* The word for what it is: up, blocked, leaving, off, down, differs. */
const char *survey_word(const struct survey_node *n);

/* Why it is that, for people, or "". */
const char *survey_why(const struct survey_node *n);

/* Does it take work? 1 or 0. */
int survey_is_up(const struct survey_node *n);

#endif

/* leave: how this host joins the nodes of the lab, and leaves them: the steps of the
   chains (chain.h) that vlab-node(8) takes. They say by say_warn what fails. A process
   goes one of these ways. */
#ifndef LEAVE_H
#define LEAVE_H

#include "conf.h"
#include "member.h"
#include "survey.h"

enum { LEAVE_SECONDS = 60, LEAVE_LONGEST = 86400 };

extern struct leave {
    const char *verb;
    struct conf conf;    /* open */
    unsigned number;     /* on: as which node, or 0 */
    const char *reason;  /* or 0 */
    unsigned seconds;    /* for guests to leave by themselves */
    int was_member;      /* on: before it began */
    struct member now;   /* this host; its node is known from the first step on */
    const char *word[5]; /* for the hooks: the number, the verb, the reason */
} leave;

/* From options; these end the program when they are wrong. */
void leave_take_reason(const char *text);
void leave_take_seconds(const char *text);

/* Of errno: say that we are unable to do this; but not when it was a signal. Returns the
   exit code. */
int leave_fails(const char *what);

/* Ask the other nodes, as survey_others does: what they say is in leave_lab. Returns 0,
   or -1 and errno. */
extern struct survey leave_lab;
int leave_ask(const char *verb);

/* Warn of those that do not work with this one. Returns how many. */
unsigned leave_differing(void);

/* In the order in which `off` takes them. Each returns as the functions of a chain_step.
 */
int leave_lock(void);          /* nobody else changes it, and it is a member; or SAY_NO */
int leave_lock_on(void);       /* the same for who joins: its number is found */
int leave_block(void);         /* nobody comes any more */
int leave_unblock(void);       /* as before that; who was left half-way is up */
int leave_bring(void);         /* what its users have elsewhere is called home */
int leave_bring_all(void);     /* the same, and a failure where a node is not asked */
void leave_tell_guests(void);  /* who is here: that it stays; for leave_open */
void leave_tell_waiters(void); /* for leave_block, where they are */
int leave_expel(void);         /* who is here is told, waited for, and told to end */
int leave_unexpel(void);       /* who was told is told that it stays */
int leave_load(void);          /* leaving: no load is published */
int leave_unload(void);
int leave_wake(void);     /* helpers and other nodes look */
int leave_empty(void);    /* nobody is there */
int leave_shutdown(void); /* nothing is to be done when the host shuts down */
int leave_unshutdown(void);
int leave_shutdown_again(void); /* undoes the latter, if it was no member before */
int leave_ducts(void);          /* mounts of other nodes are taken down */
int leave_unducts(void);
int leave_number(void); /* no member */
int leave_unnumber(void);

/* `on`: it is a member, but blocked; and up. What was undone by leave_unnumber and
   leave_unblock is as before. */
int leave_join(void);
int leave_open(void);

#endif

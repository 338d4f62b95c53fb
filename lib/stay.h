/* stay: one session at a board's end, from eversion to the farewell. Leaving is exiting:
   whatever is held is held by the process, and most of what ends a session comes while it
   waits. So these functions end the program then, as those of reply do. They log by
   say_warn. */
#ifndef STAY_H
#define STAY_H

#include "admit.h"
#include "client.h"
#include "device.h"
#include "load.h"
#include "store.h"
#include "visit.h"

/* A process has one. */
extern struct stay {
    struct device device;
    struct admit us; /* whom we act for */
    char name[CONF_NAME];
    struct visit visit;
    struct roll node; /* we stand on it, if this host is a node */
    struct store store;
    struct load load;
    int uart; /* the tty in use; -1: none */
    int raw;  /* no lines of ours but those of the farewell */
} stay;

/* Greet the client and come to the board, if it is served. c is closed. */
void stay_begin(const char *address, struct conf *c);

/* Wait once for whatever may happen, pass on what is told to all sessions. */
void stay_wait(void);

/* Wait until all we have said has gone out. */
void stay_send(void);

/* The client sends no more: see that it hears what became of its requests, and leave. */
void stay_finish(void) __attribute__((noreturn));

/* Leave the board; why: the text of an `error disconnect`, or 0. */
void stay_leave(int code, const char *why) __attribute__((noreturn));

/* Leave at once: somebody ends this session; the board is no longer ours. */
void stay_leave_ended(void) __attribute__((noreturn));
void stay_leave_taken(void) __attribute__((noreturn));

#endif

/* must: what a program that somebody types cannot do without. Where it is not to be had,
   these end the program, with a message that says what to do; say apart, nothing else in
   lib/ does so. */
#ifndef MUST_H
#define MUST_H

#include "conf.h"
#include "owner.h"

/* We are root or the owner of the state directory, who goes to owner; from now on we
 * touch files as he. */
void must_own(struct owner *owner);

/* Say that only root and the owner of the state directory may do this; group: its group,
   too. */
void must_deny(int group) __attribute__((noreturn));

/* The config, opened as by conf_open. */
void must_conf(struct conf *c);

/* The record of a pool. */
struct conf_lines must_pool(struct conf *c, const char *pool);

/* The one spelling of a board's address (ADDRESS_MAX bytes); c need not be open. */
void must_address(struct conf *c, const char *text, char *address);

/* Say that there is no such board, which was called text. */
void must_no_board(struct conf *c, const char *text, const char *address)
    __attribute__((noreturn));

/* Say that KIND, or KIND/NAME, below the state directory cannot be opened or read
   (errno), or that there is no config yet. */
void must_fail(const char *kind, const char *name) __attribute__((noreturn));

#endif

/* conf: what vlab-compile-config has compiled, read. Each request opens the current
   config.cdb, so a reload needs to tell nobody. The database is data: no length in it is
   trusted. */

/* clang-format off */
/* Its records (a value is lines `WORD VALUE`, in ASCII, but for paths and commands, in
   which there is anything but control characters):

       settings        port N, offline N, timeout N, sessions N, alive N, trust IP...
       pools           pool NAME..., in the order of the config
       pool:NAME       family NAME, group NAME..., user NAME..., board ADDRESS...
       board:ADDRESS   pool NAME...
       end:ADDRESS     uart PATH..., fpga PART..., program TEXT, reset TEXT, buffers N,
                       limit N, queue N, timeout N: of a section [board ADDRESS]
       launches        launch NAME..., in the order of the config
       launch:NAME     group NAME..., user NAME..., workers N, queue N, timeout N,
                       command TEXT, dir PATH
       uid:N           user NAME... (the first is shown), group NAME... (those the config names)

   A family is a set of pools connected by common boards, named by its first pool in strcmp
   order. */
/* clang-format on */
#ifndef CONF_H
#define CONF_H

#include <sys/types.h>

#include <cdb.h>

enum {
    CONF_NAME = 64,     /* longest name of a pool, group or user, NUL counted */
    CONF_ADDRESS = 128, /* longest board address, NUL counted */
    CONF_WORD = 256     /* longest value of a line, NUL counted */
};

/* A key whose value is a number. */
struct conf_setting {
    const char *name;
    unsigned long min, max, normal;
};

/* Limits and defaults of the settings, for the compiler and its readers. */
enum { CONF_PORT, CONF_OFFLINE, CONF_TIMEOUT, CONF_SESSIONS, CONF_ALIVE, CONF_SETTINGS };
extern const struct conf_setting conf_settings[CONF_SETTINGS];

struct conf {
    int fd; /* -1: not open */
    struct cdb cdb;
};

/* A value being read line by line. */
struct conf_lines {
    const char *at;
    size_t left;
};

/* Open $VLAB_STATE/config.cdb. Returns 0, or -1 and errno (ENOENT: never compiled;
 * EPROTO: no database). */
int conf_open(struct conf *c);

/* What this errno of it means, and what to do. */
const char *conf_error(int e);

/* The same, but one that is open (fd not -1) stays as it is. */
int conf_have(struct conf *c);
void conf_close(struct conf *c);

/* The record KIND:NAME, or KIND when name is 0, into lines (valid until conf_close).
   Returns 1, 0 when there is none, -1 with errno EPROTO when the database is damaged. */
int conf_find(struct conf *c, const char *kind, const char *name,
              struct conf_lines *lines);

/* The next line whose word is word, its value into value (CONF_WORD bytes). Returns 1, or
   0 at the end. */
int conf_line(struct conf_lines *lines, const char *word, char *value);

/* The number in the line `NAME N`; the default when there is none within the limits. */
unsigned long conf_number(struct conf_lines lines, const struct conf_setting *s);

/* A setting; the default when the database does not say, or is not open (c->fd -1). */
unsigned conf_setting(struct conf *c, int which);

/* Is the address of a peer (as inet_ntop writes it) one that `trust` names? 1 or 0. */
int conf_trusts(struct conf *c, const char *ip);

/* May the user ask for the pool (kind "pool") or launcher ("launch") of this name? 1 yes,
   0 no, -1 with errno ENOENT when there is none, EPROTO. */
int conf_may(struct conf *c, uid_t uid, const char *kind, const char *name);

/* The shown name of a user into name (CONF_NAME bytes); the number when the config does
 * not know him. */
void conf_user(struct conf *c, uid_t uid, char *name);

/* Is this a name? 1 to CONF_NAME - 1 characters of A-Z a-z 0-9 . _ -, not beginning with
 * . or -. */
int conf_is_name(const char *text);

#endif

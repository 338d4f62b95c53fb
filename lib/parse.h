/* parse: the text of vlab.conf(5) taken apart and checked, as far as that can be done
   without asking anybody. It reads no files, so any bytes can be tried on it. */
#ifndef PARSE_H
#define PARSE_H

#include <stddef.h>

#include "conf.h"
#include "errors.h"
#include "map.h"
#include "names.h"

enum { PARSE_LINE = 1024 }; /* characters of a line, without the newline */

/* The kinds of sections. The settings are one section without a name. */
enum { PARSE_SETTINGS, PARSE_POOL, PARSE_BOARD, PARSE_LAUNCH, PARSE_NODE, PARSE_KINDS };

/* The keys, in the order of their lines in a record. */
enum {
    PARSE_GROUP, /* of pools and launchers */
    PARSE_USER,
    PARSE_ADDRESS, /* of pools */
    PARSE_PORT,    /* settings */
    PARSE_OFFLINE,
    PARSE_TIMEOUT,
    PARSE_SESSIONS,
    PARSE_ALIVE,
    PARSE_TRUST,
    PARSE_UART, /* of boards */
    PARSE_FPGA,
    PARSE_PROGRAM,
    PARSE_RESET,
    PARSE_BUFFERS,
    PARSE_LIMIT,
    PARSE_BOARD_QUEUE,
    PARSE_BOARD_TIMEOUT,
    PARSE_AT,      /* the node it is at */
    PARSE_WORKERS, /* of launchers */
    PARSE_LAUNCH_QUEUE,
    PARSE_LAUNCH_TIMEOUT,
    PARSE_COMMAND,
    PARSE_DIR,
    PARSE_NODE_ADDRESS, /* of nodes */
    PARSE_COUNT,
    PARSE_NODE_PORT,
    PARSE_DEVICE,
    PARSE_KEYS
};

/* One line `KEY = VALUE`. */
struct parse_entry {
    unsigned key;
    unsigned value; /* its number in values[key] */
    unsigned line;  /* from 1 */
};

struct parse_section {
    unsigned line;
    unsigned given;    /* 1 << KEY: there was a line that had it, if only a bad one */
    size_t first, end; /* its entries */
};

/* A node that a section has. */
struct parse_node {
    unsigned number;
    unsigned section;
    unsigned step; /* how many after the first of its section */
};

struct parse {
    struct names names[PARSE_KINDS]; /* of the sections; addresses are canonical */
    struct parse_section *section[PARSE_KINDS]; /* by number in names */
    struct names values[PARSE_KEYS];            /* each in its one spelling */
    struct parse_entry *entry;
    size_t entries;
    struct parse_node *node; /* by parse_check: all of them, ascending */
    unsigned nodes;
};

/* Take text apart into p, which may hold anything before; what is wrong is added to
   errors. Returns 0, also then (p holds what was good), or -1 with errno ENOMEM.
   parse_free frees it in any case. */
int parse_text(struct parse *p, const char *text, size_t size, struct errors *errors);
void parse_free(struct parse *p);

/* What no line can tell alone: a section that lacks something, or has something twice.
   Afterwards a section has each group and user once. Returns 0, or -1 with
   errno ENOMEM. */
int parse_check(struct parse *p, struct errors *errors);

/* For that: number the nodes of all sections, and tell what is wrong: a number that is
   too high or taken, addresses that cannot be counted up or belong to two, a board on a
   node that there is not. Returns as parse_check. */
int parse_check_nodes(struct parse *p, struct errors *errors);

/* The address of a node, which the config has for the first of its section, into out
   (ADDRESS_HOST bytes). Returns 0, or -1 as map_count_up. */
int parse_node_host(const char *host, unsigned step, char *out);

/* Which groups and users are not known, by their numbers in values. */
void parse_unknown(const struct parse *p, const char *known_groups,
                   const char *known_users, struct errors *errors);

/* A number of a section, in *line (or 0) where it stands; the default, and 0, when it is
   not given. */
unsigned long parse_number(const struct parse *p, const struct parse_section *s,
                           unsigned key, unsigned *line);

/* For parse and records: what the keys are. */
struct parse_value;
struct parse_key {
    const char *name;                  /* 0: that of the number */
    const struct conf_setting *number; /* 0: it is none */
    const char *word;                  /* in a record, when that is not the name */
    unsigned kinds;                    /* 1 << KIND: where it belongs */
    unsigned most;                     /* lines of a section that may have it; 0: any */
    enum { PARSE_DROP, PARSE_KEEP, PARSE_ONCE, PARSE_ALONE } again; /* see parse_check */
    int (*take)(const struct parse_value *v, char *out);
    const char *letters; /* of a command, see words.h */
};
extern const struct parse_key parse_keys[PARSE_KEYS];
const char *parse_name(unsigned key);

/* The key of this name in a section that may be of these kinds; PARSE_KEYS if there is
   none. */
unsigned parse_find(const char *name, unsigned kinds);

/* For parse: the words about the kinds of sections. */
struct parse_kind {
    const char *word;   /* before the name, in the header; 0: none */
    const char *noun;   /* for people */
    const char *header; /* how it is written */
    int (*take)(const struct parse_value *v, char *out);
};
extern const struct parse_kind parse_kinds[PARSE_KINDS];
#define PARSE_HEADERS "[NAME], [board ADDRESS], [launch NAME] or [node N]"

/* Say that a key stands in none of its places, but in a section of these kinds. */
void parse_misplaced(struct errors *errors, unsigned line, const char *name,
                     unsigned kinds);

/* For parse: a value, or the name of a section, to be checked and given its one spelling.
   The functions write that to out (CONF_WORD bytes) and return 0, or add what is wrong to
   errors and return -1. */
struct parse_value {
    const char *text;
    const char *what; /* the key, or what it is the name of */
    const struct parse_key *key;
    unsigned port; /* of an address that names none */
    unsigned line;
    struct errors *errors;
};
int parse_take_name(const struct parse_value *v, char *out);
int parse_take_address(const struct parse_value *v, char *out);
int parse_take_ip(const struct parse_value *v, char *out);
int parse_take_number(const struct parse_value *v, char *out);
int parse_take_path(const struct parse_value *v, char *out);
int parse_take_part(const struct parse_value *v, char *out);
int parse_take_command(const struct parse_value *v, char *out);
int parse_take_node(const struct parse_value *v, char *out);
int parse_take_host(const struct parse_value *v, char *out);
int parse_take_device(const struct parse_value *v, char *out);

/* A word of the config, fit to be shown. Good until the next call. */
const char *parse_shown(const char *text);

#endif

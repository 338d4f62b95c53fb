/* parse: the text of vlab.conf(5) taken apart and checked, as far as that can be done
   without asking anybody. It reads no files, so any bytes can be tried on it. */
#ifndef PARSE_H
#define PARSE_H

#include <stddef.h>

#include "conf.h"
#include "errors.h"
#include "names.h"

enum { PARSE_LINE = 1024 }; /* characters of a line, without the newline */

/* The keys of a pool. */
enum { PARSE_ADDRESS, PARSE_GROUP, PARSE_USER, PARSE_KEYS };

/* One line `KEY = VALUE` of a pool. */
struct parse_entry {
    unsigned key;
    unsigned name; /* its number in names[key]; addresses are canonical */
    unsigned line; /* from 1 */
};

struct parse_pool {
    unsigned line;
    size_t first, end;          /* its entries */
    unsigned given[PARSE_KEYS]; /* lines that had this key, the bad ones too */
};

struct parse {
    unsigned long setting[CONF_SETTINGS];
    unsigned setting_line[CONF_SETTINGS]; /* 0: not given, setting is the default */
    struct names trust;                   /* as inet_ntop writes them */
    struct names pools;
    struct names names[PARSE_KEYS];
    struct parse_pool *pool; /* by number in pools */
    struct parse_entry *entry;
    size_t entries;
};

/* Take text apart into p, which may hold anything before; what is wrong is added to
   errors. Returns 0, also then (p holds what was good), or -1 with errno ENOMEM.
   parse_free frees it in any case. */
int parse_text(struct parse *p, const char *text, size_t size, struct errors *errors);
void parse_free(struct parse *p);

/* What no line can tell alone: a pool without an address, or that nobody may use, or with
   one address twice. Afterwards a pool has each name once. Returns 0, or -1 with errno
   ENOMEM. */
int parse_check(struct parse *p, struct errors *errors);

#endif

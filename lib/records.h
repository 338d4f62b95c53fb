/* records: a checked config and its users as the records of conf.h, in the form that cdb
   -c reads. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdio.h>

#include "accounts.h"
#include "parse.h"
#include "record.h"

/* Write all records, and the empty line behind them, to out. Returns 0, or -1 and errno.
 */
int records_write(const struct parse *p, const struct accounts *a, FILE *out);

/* For it: the records of the map of nodes, none if there is none. Returns 0, or -1. */
int records_nodes(struct record *r, const struct parse *p);

#endif

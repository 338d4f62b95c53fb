/* report: a status, printed for people or as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "status.h"

/* For people: a pool with its boards and its line; the boards no longer in the config
   (nothing, if there are none). Times are local. */
void report_pool(FILE *out, const char *pool, struct conf_lines lines,
                 const struct status *s);
void report_removed(FILE *out, const struct status *s);

/* One JSON object; vlab-ls(1) has its keys. Call begin, then pool for each of them, first
   being 1 for the first, then end; removed 0 stands for none. */
void report_json_begin(FILE *out);
void report_json_pool(FILE *out, const char *pool, struct conf_lines lines,
                      const struct status *s, int first);
void report_json_end(FILE *out, const struct status *removed);

#endif

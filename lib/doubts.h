/* doubts: what a config may say, and is most likely a mistake. It looks at this host, for
   which the config is. */
#ifndef DOUBTS_H
#define DOUBTS_H

#include "errors.h"
#include "parse.h"

/* Add to doubts what there is to doubt in p, of which nothing is wrong. */
void doubts_find(const struct parse *p, struct errors *doubts);

#endif

/* ename: the words of an error in 9P, and errno. Ours are those of strerror(3) in the C
   locale, which differ for every errno; the words of Plan 9's, Inferno's and u9fs's
   servers are known, too. */
#ifndef ENAME_H
#define ENAME_H

#include "ninep.h"

/* The words of an errno; static. What is none (there are gaps) has those of EIO. */
const char *ename_of(int e);

/* The errno of words: ours exactly; others', in any case of letters, also where a file's
   name stands before or behind them; EIO if they mean nothing to us. Never 0. */
int ename_errno(const struct ninep_text *words);

#endif

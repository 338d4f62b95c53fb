/* reload: run vlab-compile-config, the program beside ours. */
#ifndef RELOAD_H
#define RELOAD_H

#include <stddef.h>

/* Run it and wait. Its line of totals, or when it failed the first error, or why it could
   not be run, goes to text, cut to size. Returns its exit code, or -1. */
int reload_run(char *text, size_t size);

#endif

/* hook: an administrator's own step: an executable of a given name in $VLAB_HOOKS, or
   /etc/vlab/hooks. */
#ifndef HOOK_H
#define HOOK_H

/* Run the hook, with words (the last is 0) as its arguments, our descriptors 1 and 2, and
   /dev/null as 0, and wait until it has ended; nothing it has started outlives us if we
   die meanwhile. What is missing, or not executable, is no hook. When the descriptor
   interrupt (-1: none) polls readable, it is sent SIGTERM, and all it has started SIGKILL
   5 s later. Returns its exit code, 128 + N after signal N, 0 when there is none; or -1
   and errno. */
int hook_run(const char *name, const char *const *words, int interrupt);

#endif

/* tree: all that a process has started. The kernel kills one child of a process at its
   death, not its children; a subreaper gets those of the tree who lose their parent as
   children of its own, in the same step. So it can find and kill them all. */
#ifndef TREE_H
#define TREE_H

#include <sys/types.h>

/* Become a subreaper. Returns 0, or -1 and errno. */
int tree_own(void);

/* For a subreaper with SIGCHLD blocked: kill our children and wait for them until there
   are none; a tree that forks meanwhile gains nothing by it. first: the child that is
   killed even where there is no proc(5) to name the others, or 0; its status of wait(2)
   goes to *status (or 0). */
void tree_end(pid_t first, int *status);

#endif

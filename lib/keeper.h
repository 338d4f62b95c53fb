/* keeper: the process between us and a command, that nothing the command has started
   outlives us. To find what is left of it after our death somebody must be there who owns
   the tree (tree.h): the keeper. It is forked from us and runs no other program: so it
   has what we have open, and what our connections hold is free only when it has ended as
   well.

   It stands in a session of its own, away from signals of the terminal and those to our
   process group, SIGKILL too, and is called vlab-keeper, for who kills us by name. */
#ifndef KEEPER_H
#define KEEPER_H

#include <signal.h>
#include <sys/types.h>

/* Exit codes of a command that was not run, as sh(1) and env(1) have them. */
enum { KEEPER_CANNOT = 126, KEEPER_MISSING = 127, KEEPER_SIGNAL = 128 };

/* Beside the number of a signal, for keeper_tell. */
enum {
    KEEPER_TERMINAL = 1 << 8, /* the kernel sent it to our process group */
    KEEPER_LAST = 1 << 9      /* from now on nothing may outlive the command */
};

/* For a child of parent that has just been forked, with all its signals blocked that can
   be: start argv[0], found through PATH, with the signal mask given, and exit with its
   code (128 + N after signal N) when it has ended; what it left behind lives on. But when
   parent has died, when the command was killed by SIGKILL, who can leave nothing in
   order, or after KEEPER_LAST: kill all of the tree, and exit when it is gone. Returns
   only when there is no command: 1 when it could not be run (errno from execvp(3)), or -1
   and errno. */
int keeper_run(char *const *argv, pid_t parent, const sigset_t *mask);

/* For its parent: have it send the command a signal, SIGKILL to all of the tree. With
   KEEPER_TERMINAL, only a command that is not in our process group. With KEEPER_LAST, who
   is stopped is continued. Only a keeper that has not been waited for. Returns 0, or -1
   and errno. */
int keeper_tell(pid_t keeper, int what);

/* The exit code for a status of wait(2): 128 + N after signal N. */
int keeper_code(int status);

#endif

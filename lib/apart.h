/* apart: a process that stands apart from the one that forked it, so that it can go on
   when that one's connection, terminal or service ends. */
#ifndef APART_H
#define APART_H

/* fork(2) a process that nobody needs to wait for: its parent has ended. Returns 0 in it,
   1 in the caller, or -1 and errno. */
int apart_fork(void);

/* For a child that has just been forked: from now on it is in a session of its own and
   called name, deaf to SIGTERM, SIGHUP, SIGINT and SIGQUIT (they are blocked), all other
   signals do what they do by default, descriptors 0 and 1 are /dev/null, and of the
   others only 2 (messages), a and b are open (-1: none). Returns 0, or -1 and errno. */
int apart_stand(const char *name, int a, int b);

#endif

/* claim: a tty for one alone: by TIOCEXCL nobody but root opens it, and flock(2) decides
   between two of us who want it at once. The mark of TIOCEXCL stays as long as anybody
   has the tty open, which for the slave of a pty is always its master: so a process of
   its own takes it away if we are killed. */
#ifndef CLAIM_H
#define CLAIM_H

struct claim {
    int is_held;
    int fd; /* to that process */
};

/* Take the tty that fd is open by; who has it already has it. Returns 0, or -1 and errno:
   ENOTTY, EBUSY (somebody else has it), or what that process lacks. */
int claim_take(struct claim *c, int fd);

/* Give it back: who has none is content if nobody else has. Returns 0, or -1 and errno:
   ENOTTY, EBUSY. */
int claim_give(struct claim *c, int fd);

/* Has somebody this tty for himself alone? 1 or 0. */
int claim_is_taken(int fd);

#endif

/* roll: the one primitive. A roll is a file of fixed-size records; who lives has his
   record locked (fcntl), and the kernel takes the lock away however he ends. vlab(7) has
   the picture.

   A process opens a roll once: closing any descriptor of a file drops all its POSIX locks
   on it. Nothing here needs more of a filesystem than POSIX record locks, and
   nothing but slot.h uses others. */
#ifndef ROLL_H
#define ROLL_H

#include <stddef.h>
#include <sys/types.h>

enum {
    ROLL_RECORD =
        512,         /* bytes of a record: a line of its holder, a note left by others */
    ROLL_TEXT = 256, /* bytes of either, the newline (or final NUL) counted */
    ROLL_LAST = 65535, /* the highest record */
    ROLL_HOST = 65     /* bytes of a host name, the NUL counted */
};

/* Modes of roll_open. */
enum {
    ROLL_READ,  /* call it, read the header; needs read permission only */
    ROLL_WRITE, /* gate, join, write; the roll must exist */
    ROLL_CREATE /* as ROLL_WRITE, made when missing, 0640, owned as the state directory is
                 */
};

struct roll {
    int fd;          /* -1: not open */
    unsigned record; /* the one we joined; 0: none */
};

/* A living record. */
struct roll_entry {
    unsigned record; /* 0 before the first */
    pid_t pid;       /* who wrote it, in his own host's counting */
    char host[ROLL_HOST];
    long long since;      /* Unix seconds: when he joined */
    char text[ROLL_TEXT]; /* what he wrote, see roll_join */
};

/* $VLAB_STATE, or /var/lib/vlab. */
const char *roll_state(void);

/* $VLAB_STATE/FIRST or FIRST/SECOND (second may be 0) into out. Returns 0, or -1
 * ENAMETOOLONG. */
int roll_path(char *out, size_t size, const char *first, const char *second);

/* This host's name as the records have it, into out (ROLL_HOST bytes): what would not be
 * one word is '_'. */
void roll_host(char *out);

/* Open the roll KIND/NAME below the state directory; name 0 opens the roll KIND itself. A
   name with a slash, or one that begins with a dot, is EINVAL. Close-on-exec. Returns 0,
   or -1 and errno. */
int roll_open(struct roll *r, const char *kind, const char *name, int mode);

/* Make the roll in the open directory of its kind, if it is missing, with one system
   call. For the owner of the state directory with umask 0. Returns 0, or -1 and errno. */
int roll_make(int directory, const char *name);

/* Close it. This drops every lock this process has on the roll. Fine on a closed one. */
void roll_close(struct roll *r);

/* Take the gate: wait for whoever decides now. Waits through signals. Returns 0, or -1
   and errno. Decisions hold it for microseconds, and nobody may wait for anything but
   another gate while he holds one, in the order user, line, board. */
int roll_gate(struct roll *r);
void roll_ungate(struct roll *r);

/* Who has the gate? Returns 1 and his pid (0 when he is on another host), 0 when nobody
   but perhaps we, or -1. Safe in a signal handler. */
int roll_gatekeeper(const struct roll *r, pid_t *pid);

/* The header's text into text (ROLL_TEXT bytes); empty when never written. Returns 0, or
 * -1. */
int roll_header(const struct roll *r, char *text);

/* Write the header; leaves the mtime alone, for that tells when the roll was last joined.
   Needs the gate. Text of ROLL_TEXT - 1 bytes or more is cut. Returns 0, or -1 and errno.
 */
int roll_set_header(struct roll *r, const char *text);

/* Join: take the first free record in [first, last] and write pid, host, the time and
   text into it, with no note. Needs the gate. The line is written before the lock is
   taken, so a living record always has its holder's own line; the mtime is set once more
   after, so that a watcher sees a change when the lock is there. Returns 0, or -1: EAGAIN
   when all records are taken, E2BIG when text does not fit, or as from the system. */
int roll_join(struct roll *r, unsigned first, unsigned last, const char *text);

/* Leave without closing: unlock our record. */
void roll_leave(struct roll *r);

/* The living in ascending order, without the caller himself: the lowest record above
   e->record into e. Returns 1, 0 at the end, or -1 and errno. Needs no gate: what it
   returns was true at some moment of the call. One whose line is damaged counts, too: its
   text is empty, its pid the kernel's word or 0. */
int roll_next(const struct roll *r, struct roll_entry *e);

/* Is any record living (the caller's apart)? 1, 0 or -1. One system call. */
int roll_anybody(const struct roll *r);

/* The line of a record whoever wrote it, living or not; and write one: for rolls whose
   records are texts, not processes (wall). Writing needs the gate. Return 0 or -1. */
int roll_read(const struct roll *r, unsigned record, char *text);
int roll_write(struct roll *r, unsigned record, const char *text);

/* Leave a note at a record (cut to ROLL_TEXT - 1), and read the note others left at our
   own. roll_read_note is safe in a signal handler. Return 0 or -1. */
int roll_note(struct roll *r, unsigned record, const char *text);
int roll_read_note(const struct roll *r, char *text);

/* Who holds the record of e, and nobody else: his pid is pinned by a pidfd before the
   lock is looked at again. It polls readable when he has exited, and his lock is gone;
   the caller closes it. Returns it, or -1: ESRCH when he left meanwhile, EXDEV when he is
   on another host. */
int roll_pin(const struct roll *r, const struct roll_entry *e);

/* Send sig to him. Returns as roll_pin does. */
int roll_signal(const struct roll *r, const struct roll_entry *e, int sig);

#endif

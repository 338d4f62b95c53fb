/* wall: what vlab-wall says to every session. The roll `wall` is a ring of texts that
   nobody joins: its header is the number of the next text, its record 1 + N mod 64 holds
   text N as `N MICROSECONDS TEXT`. vlab-wall writes one, then sends SIGUSR1 to every
   helper; signals may merge into one, the texts are all there. */
#ifndef WALL_H
#define WALL_H

enum {
    WALL_RING = 64, /* texts kept */
    WALL_TEXT = 200 /* longest text, the NUL counted; a record has room for it */
};

/* Microseconds since 1970, without a system call: a helper calls it when it starts. */
long long wall_now(void);

/* Put a text into the ring, for each helper to read when it gets SIGUSR1; control
   characters become spaces. Returns 0, or -1: E2BIG when it is too long, or as from the
   system. */
int wall_say(const char *text);

/* For a helper that got SIGUSR1 (it must be ready for the signal before it joins
   user/UID): the oldest text said at since or later and not handed out before, into text
   (WALL_TEXT bytes). *last is 0 at first, and then belongs to this function. Call it
   until it returns 0. Returns 1, 0, or -1 and errno. */
int wall_next(long long since, unsigned long long *last, char *text);

#endif

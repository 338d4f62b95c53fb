/* ring: short texts from anybody to all who listen. A roll that nobody joins: its header
   is the number of the next text, its record 1 + N mod RING_KEPT holds text N as `N
   MICROSECONDS TEXT`. Who speaks writes one, then sends a signal to the listeners;
   signals may merge into one, the texts are all there. */
#ifndef RING_H
#define RING_H

enum {
    RING_KEPT = 64, /* texts kept */
    RING_TEXT = 200 /* longest text, the NUL counted; a record has room for it */
};

/* Put a text into the ring KIND/NAME (name may be 0), which is made when it is missing;
   control characters become spaces. Returns 0, or -1: E2BIG when it is too long, or as
   from the system. */
int ring_say(const char *kind, const char *name, const char *text);

/* Listen from now on: the number of the last text so far into *last, which then belongs
   to ring_next; 0 for all that is there. No clock counts here. Returns 0, or -1 and
   errno. */
int ring_begin(const char *kind, const char *name, unsigned long long *last);

/* The oldest text that was not handed out before, into text (RING_TEXT bytes). Call it
   until it returns 0. Returns 1, 0, or -1 and errno. */
int ring_next(const char *kind, const char *name, unsigned long long *last, char *text);

#endif

/* sync: fsync(2) and close(2), which may take minutes, by processes of their own, so that
   who has more to do does not wait. No threads: one that cannot be killed yet would keep
   all descriptors of a killed process open, its connection among them. */
#ifndef SYNC_H
#define SYNC_H

enum { SYNC_MOST = 8 /* jobs at a time; there is a process for each, and one more */ };

enum sync_what { SYNC_FILE, SYNC_CLOSE };

struct sync {
    int fd; /* to the processes, -1: there are none */
    unsigned processes, jobs;
    int has_left; /* sync_leave has */
    struct {
        int is_used;
        void *who;
    } job[SYNC_MOST];
};

/* Begin, with one process: more come when they are needed, and all end when this one does
   or calls sync_close, also in the middle of a job. To be called before there are
   descriptors and memory that are not worth copying. Returns 0, or -1 and errno. */
int sync_open(struct sync *s);
void sync_close(struct sync *s);

/* Is there room for one more job? */
int sync_room(const struct sync *s);

/* Give a job away, with a descriptor that stays the caller's: for the last close(2) to be
   theirs, he closes his now. Returns 0, or -1 and errno: he does it himself. */
int sync_give(struct sync *s, enum sync_what what, int fd, void *who);

/* A close(2), before sync_close, whether there is room or not: it is done, though nobody
   waits for it. */
int sync_leave(struct sync *s, int fd);

/* Nobody waits for that any more; who comes as 0. */
void sync_forget(struct sync *s, const void *who);

/* When s->fd can be read: has one been done? Returns 1 and how it went, an errno, or 0.
 */
int sync_next(struct sync *s, void **who, int *error);

#endif

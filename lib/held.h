/* held: files that are held by descriptors, mostly of O_PATH, which name them whatever
   they are renamed to. Needs proc(5). */
#ifndef HELD_H
#define HELD_H

#include <limits.h>
#include <stdint.h>

/* Close it unless it is -1; errno stays. */
void held_close(int fd);

/* Another descriptor of the same. Returns -1 and errno. */
int held_copy(int fd);

/* The same under the lowest number there is; fd is closed, unless it is that. */
int held_lowest(int fd);

/* Are both the same file? */
int held_same(int one, int other);

int held_is_link(int fd);

/* Where this process's descriptors are in proc(5), for held_path: it is asked that often.
   Returns a descriptor, or -1 and errno. */
int held_proc_open(void);

/* The path by which the kernel knows the file, now. Returns 0, or -1 and errno. */
int held_path(int proc, int fd, char path[PATH_MAX]);

/* The mount it is in, without asking who serves that: a number that, from Linux 6.8 on,
   no other mount ever gets, and before that none while this one is there. path is a
   file's in the directory fd, or "": fd's. Returns 0, or -1 and errno. */
int held_mount(int fd, const char *path, uint64_t *id);

/* Open it for use; flags as of open(2), O_CREAT not among them. Returns a descriptor, or
   -1 and errno. */
int held_use(int fd, int flags);

/* Its name in proc(5), for the calls that take no O_PATH descriptor. */
enum { HELD_PROC = 32 };
void held_proc(char path[HELD_PROC], int fd);

#endif

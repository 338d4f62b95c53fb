/* changes: what there is to see has changed, by inotify(7) on the state directory.
   Readers that open rolls for reading only do not count. */
#ifndef CHANGES_H
#define CHANGES_H

/* Begin to watch; before looking, or a change is missed. Returns a descriptor, or -1 and
   errno, with *what the path that cannot be watched (0: none can; static). */
int changes_open(const char **what);

/* Wait for a change and for the end of the burst it begins, at most timeout milliseconds
   for the former (-1: for ever). Returns 1: something changed; 0: the time is over, or a
   signal came; -1: EPIPE when nobody reads descriptor 1 any more, or as from poll(2). */
int changes_wait(int fd, int timeout);

#endif

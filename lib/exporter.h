/* exporter: what the requests of 9P2000 do, each by its page in section 5 of the Plan 9
   manual. For export, which is told of them. */
#ifndef EXPORTER_H
#define EXPORTER_H

#include <stddef.h>

#include "beneath.h"
#include "fid.h"
#include "park.h"
#include "shown.h"
#include "sync.h"
#include "target.h"
#include "who.h"
#include "wire.h"

enum { EXPORTER_PERMISSIONS = 0777 }; /* of a mode, without the bits beyond */

enum {
    EXPORTER_ENTRIES = 32768, /* bytes of entries that the kernel gives at a time */
    EXPORTER_CLAIMS = 64,     /* at a time: each is a process */
    EXPORTER_FIFO = 100,      /* milliseconds until a parked FIFO is opened again */
    EXPORTER_TTY = 20         /* until a tty is looked at, for whether it has sent all */
};

struct export
{
    struct beneath tree;
    struct wire *wire;
    int readonly;
    int has_users; /* each attach is one of a user */
    struct shown shown;
    int has_version;
    int is_turn;       /* it is the turn of the first of the answers that wait for room */
    unsigned promised; /* seconds within which the peer is heard of; 0: not known */
    int uses_high;     /* he has tags that are like those of a ping: then there is none */
    unsigned claims;   /* fids that have a tty alone */
    int lost;          /* errno: an answer could not be kept */
    dev_t root;        /* on it, a file's qid is its inode number */
    struct fids fids;
    struct park park;
    struct sync sync;
    uint64_t entries[EXPORTER_ENTRIES / sizeof(uint64_t)];
};

/* What each returns. The answer is in r for EXPORTER_DONE. */
enum exporter_end {
    EXPORTER_FAILED = -1, /* errno says why */
    EXPORTER_DONE,
    EXPORTER_SAID,  /* or it will be */
    EXPORTER_WAITS, /* for the file */
    EXPORTER_FULL   /* the wire is */
};

/* Attributes, and the texts in them. */
struct exporter_entry {
    struct ninep_stat stat;
    char user[WHO_NAME], group[WHO_NAME];
    char link[sizeof NINEP_LINK + TARGET_MOST];
};

typedef enum exporter_end exporter_do(struct export *e, const struct ninep *m,
                                      struct ninep *r);

/* exporter.c: the session, and answers. Be who does what is done by the fid (0: we
   ourselves) until somebody else is: 0, or -1 and errno. */
int exporter_as(const struct fid *f);
exporter_do exporter_version, exporter_attach, exporter_flush, exporter_clunk;
int exporter_drop(struct export *e, struct fid *f, uint16_t tag); /* as exporter_close */
void exporter_reset(struct export *e); /* no fids, nothing parked */
unsigned char *exporter_room(struct export *e, size_t n);
void exporter_say(struct export *e, const struct ninep *r);
void exporter_fail(struct export *e, uint16_t tag, int error);

/* exporter_walk.c */
exporter_do exporter_walk;
int exporter_find(struct export *e, int dir, const char *name, struct fid_file *file);

/* Is it there for the peer: what fd names, what this name in a directory would be? 1, or
   0 ENOENT. */
int exporter_shows(struct export *e, int fd);
int exporter_shows_name(struct export *e, int dir, const char *name, int is_directory);

/* exporter_stat.c */
exporter_do exporter_stat;
enum fid_kind exporter_kind(const struct stat *st);
struct ninep_qid exporter_qid(const struct export *e, const struct stat *st,
                              enum fid_kind kind);
int exporter_fid_qid(const struct export *e, const struct fid_file *file,
                     struct ninep_qid *qid);
enum exporter_end exporter_stat_now(struct export *e, uint16_t tag, struct fid *f);
/* The attributes; fd: a descriptor of the file, or -1. */
void exporter_describe(const struct export *e, const char *name, const struct stat *st,
                       enum fid_kind kind, int fd, struct exporter_entry *entry);
/* It is a link, as for beneath_target. The muid tells that to those who know. */
void exporter_describe_link(struct export *e, int fd, const char *name, const char *dir,
                            int to, struct exporter_entry *entry);

/* exporter_open.c */
exporter_do exporter_open, exporter_create, exporter_remove;
enum exporter_end exporter_open_now(struct export *e, struct fid *f, int mode,
                                    struct ninep *r);
int exporter_has(struct export *e, const struct fid *f);
int exporter_unlink(struct export *e, struct fid *f);

/* exporter_wstat.c */
exporter_do exporter_wstat;

/* exporter_claim.c: a fid has the tty that it is open by alone, and has it no more. Has
   somebody what was just opened, so that nobody whom we do not know may use it? */
enum exporter_end exporter_claim(struct export *e, struct fid *f);
enum exporter_end exporter_unclaim(struct export *e, struct fid *f);
int exporter_is_claimed(const struct export *e, int fd);

/* exporter_sync.c: what others do meanwhile */
enum exporter_end exporter_sync(struct export *e, const struct ninep *m, struct fid *f);
/* The fid is dropped. Returns 1 when its Tclunk is answered later; NOTAG: nobody waits.
 */
int exporter_close(struct export *e, struct fid *f, uint16_t tag);
void exporter_sync_forget(struct export *e, struct parked *p);
void exporter_sync_go_on(struct export *e);
void exporter_sync_end(struct export *e); /* before all is dropped */

/* exporter_io.c */
exporter_do exporter_read, exporter_write;
enum exporter_end exporter_read_now(struct export *e, uint16_t tag, struct fid *f,
                                    uint64_t offset, uint32_t count);
/* Go on with a parked write; *done counts up. */
enum exporter_end exporter_write_now(struct fid *f, uint64_t offset,
                                     const unsigned char *data, uint32_t count,
                                     uint32_t *done);
void exporter_wrote(struct export *e, uint16_t tag, uint32_t count);

/* exporter_dir.c: entries of a directory, the bytes of them; -1 and errno */
long exporter_entries(struct export *e, struct fid *f, uint64_t offset,
                      unsigned char *bytes, uint32_t count);

/* exporter_ctl.c: the settings of a tty */
long exporter_ctl_read(const struct fid *f, uint64_t offset, unsigned char *bytes,
                       uint32_t count);
enum exporter_end exporter_ctl_write(struct export *e, const struct ninep *m,
                                     struct fid *f, struct ninep *r);
void exporter_ctl_go_on(struct export *e, struct parked *r, long long now);

/* exporter_wait.c */
void exporter_go_on(struct export *e, int ready);
/* One that is parked ends, as by a Tflush (error 0), or with this error. What has an
   effect already is answered. EXPORTER_RESET: nobody is answered. */
enum { EXPORTER_RESET = -1 };
void exporter_end_parked(struct export *e, struct parked *r, int error);
/* All that waits for the file of a fid. */
void exporter_give_up(struct export *e, struct fid *f);

#endif

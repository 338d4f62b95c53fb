/* ninep: the messages of 9P2000, packed and parsed; the rules are those of section 5 of
   the Plan 9 manual. Nothing is allocated: texts and data of a parsed message lie in the
   bytes it was parsed from, and live as long as those. Numbers are little endian. */
#ifndef NINEP_H
#define NINEP_H

#include <stddef.h>
#include <stdint.h>

#define NINEP_VERSION "9P2000"

enum {
    NINEP_HEADER = 7,    /* size[4] type[1] tag[2]: no message is shorter */
    NINEP_IOHEADER = 24, /* msize less the data of a Tread or Twrite, at most */
    NINEP_MSIZE = 8216,  /* what every peer takes */
    NINEP_WALK = 16,     /* names in one Twalk */
    NINEP_NAME = 255,    /* bytes of a name, ours: the rules have no limit */
    NINEP_STAT = 2 + 47 + 4 * NINEP_NAME, /* bytes of an entry with such names, at most */
    NINEP_NOTAG = 0xffff
};
#define NINEP_NOFID 0xffffffffu

/* What two of ours say that is not in the rules, and a stranger takes no harm of: see
   vlab-protocol(7). Muids: of the root, we are of vlab; in a Twstat with a name, replace
   what has it; in one with nothing else, of a tty, have it alone, and no more; of a
   symbolic link, followed by where it leads. The offset of a Twrite: at the end. The
   oldtag of a Tflush: a sign of life, the low bits are seconds. */
#define NINEP_OURS      "vlab-duct"
#define NINEP_REPLACE   "replace"
#define NINEP_EXCLUSIVE "exclusive"
#define NINEP_SHARED    "shared"
#define NINEP_LINK      "-> "
#define NINEP_APPEND    UINT64_MAX
#define NINEP_ALIVE     0x8000u
enum { NINEP_ALIVE_MOST = 0x7ffe };

enum ninep_type {
    NINEP_TVERSION = 100,
    NINEP_RVERSION,
    NINEP_TAUTH,
    NINEP_RAUTH,
    NINEP_TATTACH,
    NINEP_RATTACH,
    NINEP_RERROR = 107, /* 106 is never sent */
    NINEP_TFLUSH,
    NINEP_RFLUSH,
    NINEP_TWALK,
    NINEP_RWALK,
    NINEP_TOPEN,
    NINEP_ROPEN,
    NINEP_TCREATE,
    NINEP_RCREATE,
    NINEP_TREAD,
    NINEP_RREAD,
    NINEP_TWRITE,
    NINEP_RWRITE,
    NINEP_TCLUNK,
    NINEP_RCLUNK,
    NINEP_TREMOVE,
    NINEP_RREMOVE,
    NINEP_TSTAT,
    NINEP_RSTAT,
    NINEP_TWSTAT,
    NINEP_RWSTAT
};

/* Of Topen and Tcreate: the lowest two bits are one of the first four. */
enum {
    NINEP_OREAD,
    NINEP_OWRITE,
    NINEP_ORDWR,
    NINEP_OEXEC,
    NINEP_OTRUNC = 0x10,
    NINEP_ORCLOSE = 0x40
};

/* Types of a qid; the same bits, 24 higher, are in a mode. */
enum {
    NINEP_QTDIR = 0x80,
    NINEP_QTAPPEND = 0x40,
    NINEP_QTEXCL = 0x20,
    NINEP_QTAUTH = 0x08,
    NINEP_QTTMP = 0x04
};
#define NINEP_DMDIR    0x80000000u
#define NINEP_DMAPPEND 0x40000000u
#define NINEP_DMEXCL   0x20000000u
#define NINEP_DMTMP    0x04000000u
/* These as in 9P2000.u: the first is of directories, and we say it; the others never. */
#define NINEP_DMSETVTX 0x00010000u
#define NINEP_DMSETUID 0x00080000u
#define NINEP_DMSETGID 0x00040000u

/* Not NUL-terminated. */
struct ninep_text {
    const char *at;
    uint16_t length;
};

struct ninep_qid {
    uint8_t type;
    uint32_t version; /* 0 from our exporter: not a file to keep copies of, a device */
    uint64_t path;
};

struct ninep_stat {
    uint16_t type;
    uint32_t dev;
    struct ninep_qid qid;
    uint32_t mode, atime, mtime; /* seconds since 1970 */
    uint64_t length;
    struct ninep_text name, uid, gid, muid;
};

/* A message of any type: each uses the members its manual page names. */
struct ninep {
    uint8_t type;
    uint16_t tag;
    uint16_t oldtag;                /* Tflush */
    uint32_t fid, newfid;           /* newfid: Twalk */
    uint32_t afid;                  /* Tauth, Tattach */
    uint32_t msize;                 /* Tversion, Rversion */
    uint32_t iounit;                /* Ropen, Rcreate */
    uint32_t perm;                  /* Tcreate */
    uint8_t mode;                   /* Topen, Tcreate */
    uint64_t offset;                /* Tread, Twrite */
    uint32_t count;                 /* Tread, Rread, Twrite, Rwrite */
    const unsigned char *data;      /* Rread, Twrite: count bytes */
    struct ninep_text text;         /* version, Rerror's ename, Tcreate's name */
    struct ninep_text uname, aname; /* Tauth, Tattach */
    unsigned names;                 /* Twalk's names, Rwalk's qids */
    struct ninep_text name[NINEP_WALK];
    struct ninep_qid qid[NINEP_WALK]; /* [0]: Rauth, Rattach, Ropen, Rcreate */
    struct ninep_stat stat;           /* Rstat, Twstat */
};

/* Is a message of this type a T: one that asks? */
int ninep_asks(unsigned type);

/* The size a message says it has, of its first four bytes. */
uint32_t ninep_size(const void *bytes);

/* Parse one whole message of exactly n bytes. Each length in it is checked, and that it
   fills the message; texts may hold any bytes, also those that no name has (see
   ninep_name). Members that this type does not use are left as they are. Returns 0, or -1
   EPROTO. */
int ninep_parse(struct ninep *m, const void *bytes, size_t n);

/* Pack m into at most size bytes. Of Rread and Twrite with data 0 only what stands before
   the data is packed, with the size of the whole: the caller has put or puts count bytes
   behind it. Returns the bytes packed, or 0: EMSGSIZE, EINVAL (no such type, too many
   names). */
size_t ninep_pack(void *bytes, size_t size, const struct ninep *m);

/* Where the data of an Rread, of a Twrite begins in its message. */
enum { NINEP_RREAD_DATA = NINEP_HEADER + 4, NINEP_TWRITE_DATA = NINEP_HEADER + 16 };

/* One entry of a directory, as Rread brings them, from at most n bytes. Returns its
   length, 0 when n is 0, or -1 EPROTO. */
long ninep_parse_stat(struct ninep_stat *s, const void *bytes, size_t n);

/* Pack an entry into at most size bytes. Returns its length, or 0 EMSGSIZE. */
size_t ninep_pack_stat(void *bytes, size_t size, const struct ninep_stat *s);

/* A stat for a Twstat by which nothing is changed; set what is to be. */
void ninep_no_change(struct ninep_stat *s);

/* A text of a string (the first 65535 bytes of it), which is kept by pointer. */
struct ninep_text ninep_text(const char *s);

/* Is the text this string? */
int ninep_is(const struct ninep_text *t, const char *s);

/* Copy a name into out (NINEP_NAME + 1 bytes). Returns 0, or -1: EINVAL ("", ".", "..",
   '/' or NUL in it), ENAMETOOLONG. */
int ninep_name(char *out, const struct ninep_text *t);

#endif

/* bitfile: the header of a Xilinx .bit file: a field of 9 bytes with its length in two,
   the number 1 in two, then a (design), b (part), c (date), d (time), each a
   NUL-terminated string with its length in two bytes, and e: the length of the bits in
   four. All big endian. */
#ifndef BITFILE_H
#define BITFILE_H

#include <stddef.h>

enum {
    BITFILE_TEXT = 64,  /* of each string, the NUL counted; cut when longer */
    BITFILE_HEAD = 4096 /* a header is no longer than this */
};

/* The strings are printable, without white space: `_` stands for what is not, and for a -
   in front, which would make an option of it where a command gets it; "-" when empty. */
struct bitfile {
    char design[BITFILE_TEXT], part[BITFILE_TEXT];
    char date[BITFILE_TEXT], time[BITFILE_TEXT];
    size_t bits; /* bytes behind the header */
};

/* Parse head, the first n bytes (all of them, or at least BITFILE_HEAD) of a file of size
   bytes. Returns 0, or -1 EPROTO: no header, no bits, or the file does not end where it
   says. */
int bitfile_parse(struct bitfile *b, const void *head, size_t n, size_t size);

#endif

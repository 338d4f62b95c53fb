/* device: a physical board as its section `[board ADDRESS]` has it: for who drives it. */
#ifndef DEVICE_H
#define DEVICE_H

#include "conf.h"

enum { DEVICE_UARTS = 16, DEVICE_FPGAS = 16 };

/* The letters of a program command behind %: file, number of the FPGA, part, board; those
   of a reset command. */
#define DEVICE_PROGRAM "fnpb"
#define DEVICE_RESET   "b"

/* Limits and defaults of its numbers, for the compiler and its readers. timeout: seconds
   a command may run, 0 is none. */
enum { DEVICE_BUFFERS, DEVICE_LIMIT, DEVICE_QUEUE, DEVICE_TIMEOUT, DEVICE_NUMBERS };
extern const struct conf_setting device_numbers[DEVICE_NUMBERS];

struct device {
    char address[CONF_ADDRESS];
    unsigned uarts, fpgas;
    char uart[DEVICE_UARTS][CONF_WORD];        /* paths */
    char fpga[DEVICE_FPGAS][CONF_NAME];        /* what a part begins with, or * */
    char program[CONF_WORD], reset[CONF_WORD]; /* "": none */
    unsigned long number[DEVICE_NUMBERS];
    int pooled; /* is it in a pool of this config? Then its roll says who may use it */
};

/* Read the section of a board by its canonical address. Returns 1, 0 when the config has
   none, or -1 with errno EPROTO. */
int device_read(struct device *d, struct conf *c, const char *address);

/* Does a part, as a bit file names it, fit an FPGA of the config? An xc in front counts
   on neither side, nor does the case of letters. 1 or 0. */
int device_takes(const char *fpga, const char *part);

/* The name of the slot in which a board is worked on, and of the line before it, into
   name (DEVICE_SLOT bytes). Returns name. */
enum { DEVICE_SLOT = CONF_ADDRESS + 8 };
const char *device_slot(char *name, const char *address);

#endif

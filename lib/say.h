/* say: messages to people, exit codes, options. The only part of lib/ that prints or
   exits, but for those whose headers say so. */
#ifndef SAY_H
#define SAY_H

#include <getopt.h>
#include <stddef.h>

#define VLAB_VERSION "0.1"

/* Exit codes, the same in every program. One that runs another program passes its code
 * on. */
enum {
    SAY_DONE = 0,    /* done */
    SAY_NO = 1,      /* the answer is no: busy, denied, not there */
    SAY_USAGE = 100, /* you made a mistake: usage, config */
    SAY_SYSTEM = 111 /* the system failed: try again */
};

/* Name the program (static storage, kept by pointer) and its usage text: one line per
   form, without the word "usage"; then, for --help alone, an empty line and what the
   program does. Call it first. */
void say_name(const char *program, const char *usage);

/* Send messages to syslog (daemon facility, with pid) instead of descriptor 2. */
void say_to_syslog(void);

/* In a child that is going to close descriptors it does not know: what it says still gets
   to where it belongs. */
void say_forked(void);

/* getopt_long with letters as for getopt(3), plus -h (unless it is one of them), --help
   and -V, --version, which print to descriptor 1 and exit 0 (111 if that fails). A wrong
   option prints the usage and exits 100. Returns the next letter, -1 at the end; optarg
   and optind as getopt's. Options end at the first operand. */
int say_options(int argc, char **argv, const char *letters);

/* Print the usage on descriptor 2, exit 100. */
void say_usage(void) __attribute__((noreturn));

/* Each takes a printf format; the line is `PROGRAM: LEVEL: TEXT`, bytes outside printable
   ASCII in it become '?'. Lines are cut at 1024 bytes. */
void say_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Warn, with ": " and the text of errno added. */
void say_warn_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print `PROGRAM: fatal: TEXT` and exit with code. */
void say_die(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* The same with ": " and the text of errno added, code 111. */
void say_die_errno(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* Copy text into out (size bytes, always terminated), control characters and 8-bit ones
   escaped as \n \r \t \\ or \xNN, quotes as \". For what a peer said, before it is
   logged. Returns out. */
char *say_escape(char *out, size_t size, const char *text);

/* A whole number in [min, max], decimal digits only, no sign, nothing behind it.
   Returns 0, or -1 with errno EINVAL or ERANGE. */
int say_number(const char *text, unsigned long min, unsigned long max,
               unsigned long *out);

#endif

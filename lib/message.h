/* message: the words of the protocol. A line is a command and its parameters; an answer
   ends with one END message; the code of an error is the interface, its text is for
   people. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdarg.h>
#include <stddef.h>

/* Every error code and its English text: the one table of the project. The enum is
   MESSAGE_ and the code in capitals. */
#define MESSAGE_CODES(X)                                                                 \
    X(NOUART, nouart, "there is no such UART")                                           \
    X(BADBAUD, badbaud, "this baud rate is not supported")                               \
    X(BUSY, busy, "no board is free")                                                    \
    X(COMMAND, command, "this is not a command here: try help")                          \
    X(UNKNOWN, unknown, "it failed for an unknown reason")                               \
    X(DISCONNECT, disconnect, "the connection was ended")                                \
    X(UNKNOWNBOARD, unknownboard, "there is no pool of this name")                       \
    X(UNAVAILABLE, unavailable, "the board could not be reached")                        \
    X(NOSUCHFPGA, nosuchfpga, "there is no such FPGA")                                   \
    X(CONFIG, config, "the configuration has errors")                                    \
    X(NONE, none, "no error")                                                            \
    X(NORESP, noresp, "the FPGA does not respond")                                       \
    X(PARSEBITS, parsebits, "the bit file cannot be parsed")                             \
    X(DONENOTHIGH, donenothigh, "DONE did not go high")                                  \
    X(IDFAILED, idfailed, "the FPGA has another identity")                               \
    X(WRONGDRIVER, wrongdriver, "the bit file is for another FPGA")                      \
    X(BADSIZE, badsize, "this size is not possible")                                     \
    X(ALLOC, alloc, "out of memory")                                                     \
    X(DENIED, denied, "this is not allowed now")                                         \
    X(PQFULL, pqfull, "the queue is full")                                               \
    X(NOSPACE, nospace, "out of space")                                                  \
    X(TDOMISMATCH, tdomismatch, "TDO did not match")                                     \
    X(XSVFERROR, xsvferror, "the XSVF file has an error")                                \
    X(PERMISSION, permission, "you may not do this")                                     \
    X(NOSETUID, nosetuid, "setuid must come first")                                      \
    X(ALREADYLOCKED, alreadylocked, "this connection has a board already")               \
    X(NOMUTEXDAEMON, nomutexdaemon, "the helper cannot be reached")                      \
    X(TIMEOUT, timeout, "nothing was said for too long")                                 \
    X(NOJTAG, nojtag, "there is no JTAG access")                                         \
    X(NOTJDW, notjdw, "this is not a JTAG direct write command")                         \
    X(NOTLOCKED, notlocked, "this is not locked")                                        \
    X(CANTLOCKJTAG, cantlockjtag, "JTAG cannot be locked")                               \
    X(JDWFAIL, jdwfail, "the JTAG direct write failed")                                  \
    X(UNKNOWNLAUNCHER, unknownlauncher, "there is no launcher of this name")             \
    X(DIFFERS, differs, "this host has another map of the nodes")                        \
    X(BLOCKED, blocked, "this node takes no work now")

#define MESSAGE_ENUM(upper, lower, text) MESSAGE_##upper,
enum message_code { MESSAGE_CODES(MESSAGE_ENUM) MESSAGE_CODE_COUNT };
#undef MESSAGE_ENUM

/* The code as it is on the wire, and its English text. */
const char *message_code(enum message_code code);
const char *message_text(enum message_code code);

/* The code that is spelled word, in any case of letters; MESSAGE_CODE_COUNT if none is.
 */
enum message_code message_find(const char *word);

/* Split a line in place at white space into at most max words; the last one takes the
   rest of the line. Words that are not there are set to "". Returns how many there are.
 */
int message_split(char *line, char **words, int max);

/* Is word the command name, in any case of letters? */
int message_is(const char *word, const char *name);

/* Is it exit, quit, bye or logoff? */
int message_is_quit(const char *word);

/* Does this line (its command is looked at) end the reply to one request? programok and
   programfailed do not here: they are told to every session. activityinfo does: nothing
   else ends a check. */
int message_is_end(const char *line);

/* Take `CODE TEXT` apart, in place. Returns the text for people, which is the code where
   there is no other; *code (code may be 0) is the first word. */
const char *message_error(char *why, const char **code);

enum {
    MESSAGE_LINE = 1024, /* bytes of a line, the newline counted */
    MESSAGE_WAIT = 86400 /* seconds somebody may ask to wait for a board */
};

/* Make a line of a printf format without the newline, in MESSAGE_LINE bytes: what is
   outside printable ASCII becomes
   '?', what is too long is cut. Returns its length with the newline; it is not
   NUL-terminated. */
size_t message_format(char *line, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Write n bytes to fd, waiting as long as it takes; EINTR is retried. Returns 0, or -1
   and errno (EPIPE; on a socket it comes without SIGPIPE). */
int message_write(int fd, const char *data, size_t n);

/* Format and write one line. Returns as message_write. */
int message_send(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

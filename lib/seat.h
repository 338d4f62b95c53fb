/* seat: one of those attached to a console, in the process that has its pseudo-terminal:
   a line first, then frames both ways. What is kept for him is bounded: output that has
   no room is left out, and he is told how much of it. */
#ifndef SEAT_H
#define SEAT_H

#include <poll.h>

#include "console.h"
#include "frame.h"
#include "sink.h"

enum { SEAT_ROOM = 65536 };

struct seat {
    enum { SEAT_EMPTY, SEAT_NEW, SEAT_ATTACHED } is;
    int fd;              /* -1: none */
    struct sink out;     /* to the same; closed when he hears nothing any more */
    long long gone;      /* when he leaves at the latest though what he typed is not used,
                            of dial_now; 0: he is there */
    unsigned long order; /* who came first */
    long long since;     /* of SEAT_NEW; then when he last took something, of dial_now */
    unsigned long long skipped;
    int may_write;
    unsigned long rows, columns;
    char who[CONSOLE_WHO];
    size_t have, used; /* of in; of the data of its first frame */
    char in[FRAME_MAX];
    char ring[SEAT_ROOM];
};

/* The descriptor is the seat's. */
void seat_open(struct seat *s, int fd);
void seat_close(struct seat *s);

/* From now on he is attached. */
void seat_attach(struct seat *s, const char *who, int may_write);

/* Read what has come. Returns 0, or -1: he has gone. */
int seat_read(struct seat *s);

/* His first line, CONSOLE_LINE bytes, printable. Returns 1, 0 when it has not all come,
   or -1: it is too long. */
int seat_line(struct seat *s, char *line);

/* The frame in front. Returns as frame_parse; seat_pass puts it away. */
ssize_t seat_frame(const struct seat *s, struct frame *f);
void seat_pass(struct seat *s);

/* Put away what data is in front. */
void seat_pass_data(struct seat *s);

/* A line before the frames; a line among them, as a frame. Lines have room that output
   does not take. */
void seat_answer(struct seat *s, const char *form, ...)
    __attribute__((format(printf, 2, 3)));
void seat_say(struct seat *s, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

/* Output: FRAME_PAYLOAD bytes at most; and has he room for so much? 1 or 0. */
void seat_put(struct seat *s, const char *data, size_t n);
int seat_has_room(const struct seat *s);

/* Send what was kept, when the descriptor polls writable. */
void seat_drain(struct seat *s);

/* A last line for all of these who are attached; and send what was kept for them, for as
   long as they take it, or until the deadline. p has room for as many. */
void seat_finish(struct seat *s, struct pollfd *p, unsigned count, const char *line,
                 long long deadline);

#endif

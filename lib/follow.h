/* follow: what goes on in a dialogue between a client and a board, told from the bytes
   that pass. It moves nothing and logs nothing; its caller forwards the bytes as they
   are. What it must know is where bytes are not lines: a bit file after loadready, and
   everything after usinguart. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include <stddef.h>

#include "lines.h"

enum follow_event {
    FOLLOW_NOTHING, /* the bytes are (part of) a line that means nothing to us */
    FOLLOW_COMMAND, /* they end a command line of the client: client.text */
    FOLLOW_QUIT,    /* the same; it was quit or its kin */
    FOLLOW_BITS,    /* they are of a bit file; left is what is still to come */
    FOLLOW_LINE,    /* they end a line of the board: board.text */
    FOLLOW_READY,   /* the same; it was loadready: bid, and left bytes will follow */
    FOLLOW_UART     /* the same; it was usinguart: from here all is raw, both ways */
};

struct follow { /* all zero at first */
    struct lines client, board;
    unsigned long long asked, answered; /* requests and their answers */
    unsigned long long left;            /* bytes of a bit file still to come */
    int held; /* the client's next bytes mean what the board says they mean */
    int cr;   /* the line before ended with CR: an LF right behind belongs to it */
    char bid[16];
};

/* The client's next n bytes. Returns how many of them may go to the board now, 0 while it
   must say first what they are; *event is what they are. Call it again with the rest. */
size_t follow_client(struct follow *f, const char *data, size_t n,
                     enum follow_event *event);

/* The board's next n bytes (n > 0), up to one line. Returns how many they are. */
size_t follow_board(struct follow *f, const char *data, size_t n,
                    enum follow_event *event);

/* Does the board refuse its client in the n bytes that came with its eversion? Then 1,
   and CODE TEXT of its error in text; else 0. */
int follow_refusal(const char *data, size_t n, char *text, size_t size);

#endif

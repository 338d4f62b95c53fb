/* Replies come strictly in order, one END for each request. So the answer to a loadbits
   or useuart, behind which nothing is sent on, is the END that makes both counts equal;
   and a loadready itself asks for one more, the loaded behind the bit file. */
#include "follow.h"

#include <stdio.h>
#include <string.h>

#include "message.h"
#include "say.h"

enum { HEAD = 128 }; /* of a line, enough for the words looked at */

static void words_of(const char *line, char *head, char **words, int max)
{
    snprintf(head, HEAD, "%.*s", HEAD - 1, line);
    message_split(head, words, max);
}

static enum follow_event command(struct follow *f)
{
    char head[HEAD], *words[2];

    words_of(f->client.text, head, words, 2);
    if (!*words[0])
        return FOLLOW_NOTHING;
    if (message_is(words[0], "rem"))
        return FOLLOW_COMMAND;
    if (message_is_quit(words[0]))
        return FOLLOW_QUIT;
    f->asked++;
    f->held = message_is(words[0], "loadbits") || message_is(words[0], "useuart");
    return FOLLOW_COMMAND;
}

size_t follow_client(struct follow *f, const char *data, size_t n,
                     enum follow_event *event)
{
    size_t used;

    *event = FOLLOW_NOTHING;
    if (!n)
        return 0;
    if (f->cr && (f->held || f->left)) {
        f->cr = 0;
        if (data[0] == '\n')
            return 1;
    }
    if (f->held)
        return 0;
    if (f->left) {
        *event = FOLLOW_BITS;
        used = f->left < n ? (size_t)f->left : n;
        f->left -= used;
        return used;
    }
    used = lines_feed(&f->client, data, n);
    if (f->client.whole) {
        f->cr = data[used - 1] == '\r';
        *event = command(f);
    }
    return used;
}

static enum follow_event reply(struct follow *f)
{
    char head[HEAD], *words[4];
    unsigned long bits;

    words_of(f->board.text, head, words, 4);
    if (!message_is_end(words[0]))
        return FOLLOW_LINE;
    if (f->answered < f->asked)
        f->answered++;
    if (f->held && message_is(words[0], "usinguart"))
        return FOLLOW_UART;
    if (f->held && message_is(words[0], "loadready")) {
        f->held = 0;
        f->asked = f->answered + 1;
        if (say_number(words[2], 1, -1ul - 7, &bits) < 0)
            return FOLLOW_LINE;
        f->left = (bits + 7) / 8;
        snprintf(f->bid, sizeof f->bid, "%s", words[1]);
        return FOLLOW_READY;
    }
    if (f->answered == f->asked)
        f->held = 0;
    return FOLLOW_LINE;
}

size_t follow_board(struct follow *f, const char *data, size_t n,
                    enum follow_event *event)
{
    size_t used = lines_feed(&f->board, data, n);

    *event = f->board.whole ? reply(f) : FOLLOW_NOTHING;
    return used;
}

int follow_refusal(const char *data, size_t n, char *text, size_t size)
{
    struct lines line = {0};
    char *words[2];

    lines_feed(&line, data, n);
    if (!line.whole || !message_split(line.text, words, 2) ||
        !message_is(words[0], "error"))
        return 0;
    snprintf(text, size, "%s", words[1]);
    return 1;
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "message.h"
#include "say.h"
#include "status.h"

enum { ANSWER = 10000 }; /* milliseconds a helper may take */

/* The words behind `userinfo`: INDEX VALID USER COUNT. */
static void set_board(struct status *s, char **word)
{
    struct status_board *b;
    unsigned long i, count;

    if (s->boards == 0 || say_number(word[0], 0, s->boards - 1, &i))
        return;
    b = s->board + i;
    if (strcmp(word[1], "1") == 0 && strlen(word[2]) < sizeof b->user) {
        b->state = BOARD_HELD;
        strcpy(b->user, word[2]);
        b->sessions = say_number(word[3], 0, ROLL_LAST, &count) ? 1 : (unsigned)count;
    } else if (!message_is(word[2], "free"))
        b->state = BOARD_OFFLINE;
}

/* The words behind `rem`: INDEX offline UNTIL REASON. */
static void set_mark(struct status *s, char **word)
{
    struct status_board *b;
    unsigned long i;

    if (s->boards == 0 || say_number(word[0], 0, s->boards - 1, &i) ||
        !message_is(word[1], "offline"))
        return;
    b = s->board + i;
    b->offline = 1;
    b->until = strtoll(word[2], 0, 10);
    snprintf(b->reason, sizeof b->reason, "%s", word[3]);
}

int status_ask(struct status *s, struct helper *h, const char *pool,
               struct conf_lines lines, char **line)
{
    long long deadline = dial_now() + ANSWER;
    char address[CONF_WORD], *word[4], *rest[2];
    int k;

    status_forget(s);
    s->asked = 1;
    while (conf_line(&lines, "board", address))
        if (!status_add(s, address))
            return -1;
    if (message_send(h->fd, "userrequest %s why", pool))
        return -1;
    while ((k = helper_line(h, deadline, line)) > 0 || (k < 0 && errno == EINTR)) {
        if (k < 0 || message_split(*line, rest, 2) == 0)
            continue;
        if (message_is(rest[0], "endlist"))
            return 0;
        if (message_is(rest[0], "error")) {
            *line = rest[1];
            return 1;
        }
        if (message_is(rest[0], "userinfo") && message_split(rest[1], word, 4) == 4)
            set_board(s, word);
        if (message_is(rest[0], "rem") && message_split(rest[1], word, 4) >= 3)
            set_mark(s, word);
    }
    if (k == 0)
        errno = ECONNRESET;
    return -1;
}

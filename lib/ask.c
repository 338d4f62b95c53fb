#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "dial.h"
#include "text.h"

enum { ANSWER = 30000 /* milliseconds for an answer that is not worth a wait */ };

int ask_login(struct relay *r)
{
    char version[128], *line;
    int k;

    if (r->helper.fd >= 0)
        return 0;
    k = helper_login(&r->helper, r->alive, getuid(), version, &line);
    if (k == 0)
        return relay_say(r, "mversion %s", version);
    if (k > 0)
        relay_say(r, "error %s", line);
    else
        relay_say(r, "error nomutexdaemon the helper at %s cannot be reached: %s",
                  helper_socket(), helper_error(errno));
    helper_close(&r->helper);
    return -1;
}

/* Has the client lost interest in waiting? He has when he hung up with nothing more to be
   done, or when the next thing he will do is quit. */
static int loses_interest(const struct relay *r, const struct lines *lines)
{
    struct lines ahead = *lines;
    char *words[2];

    for (size_t at = r->in.at; at < r->in.have;) {
        at += lines_feed(&ahead, r->in.data + at, r->in.have - at);
        if (!ahead.whole)
            break;
        if (!message_split(ahead.text, words, 2) || message_is(words[0], "rem"))
            continue;
        return message_is_quit(words[0]);
    }
    return r->in_ended;
}

int ask_answer(struct relay *r, char **words, const struct lines *waiting)
{
    long long deadline = waiting ? -1 : dial_now() + ANSWER;

    while (!relay_helper(r, words) && !r->over) {
        if (waiting)
            relay_walls(r);
        if (deadline >= 0 && dial_now() >= deadline)
            relay_end(r, RELAY_HELPER_LOST, "disconnect the helper does not answer");
        relay_wait(r, RELAY_HELPER | (waiting ? RELAY_CLIENT : 0), 0, deadline);
        if (waiting && loses_interest(r, waiting))
            relay_end(r, RELAY_LEFT, 0);
    }
    return !r->over;
}

int ask_pass_on(struct relay *r, char **words)
{
    return relay_say(r, "%s%s%s", words[0], *words[1] ? " " : "", words[1]);
}

void ask_boards(struct relay *r, const char *pool, const char *why)
{
    char *words[2];

    ask_send(r, "userrequest %s %s", pool, why);
    while (ask_answer(r, words, 0) && ask_pass_on(r, words) == 0 &&
           !message_is_end(words[0]))
        ;
}

/* A pool as the helper tells it. */
struct seen {
    char pool[CONF_NAME]; /* "": none yet */
    unsigned available, held, offline;
};

/* `rem INDEX offline UNTIL REASON`, for people. */
static void list_mark(struct relay *r, const struct seen *s, char *mark)
{
    char when[TEXT_TIME], *facts[4];
    long long until;

    if (message_split(mark, facts, 4) < 3)
        return;
    until = strtoll(facts[2], 0, 10);
    relay_say(r, "rem %s board %s is offline%s%s: %s", s->pool, facts[0],
              until ? " until " : "", until ? text_time(when, until) : "", facts[3]);
}

/* `userinfo INDEX HELD WORD COUNT`. */
static void count_board(struct seen *s, char *board)
{
    char *facts[4];

    message_split(board, facts, 4);
    if (!strcmp(facts[1], "1"))
        s->held++;
    else if (message_is(facts[2], "free"))
        s->available++;
    else
        s->offline++;
}

/* Say how the boards of the pool are that is complete now, and go on with another. */
static void list_pool(struct relay *r, struct seen *s, const char *next)
{
    if (*s->pool)
        relay_say(r, "rem %s %u free, %u held, %u offline", s->pool, s->available,
                  s->held, s->offline);
    memset(s, 0, sizeof *s);
    snprintf(s->pool, sizeof s->pool, "%s", next);
}

void ask_list(struct relay *r)
{
    struct seen seen = {.pool = ""};
    char *words[2];

    ask_send(r, "list");
    while (ask_answer(r, words, 0)) {
        if (message_is(words[0], "pool"))
            list_pool(r, &seen, words[1]);
        else if (message_is(words[0], "userinfo"))
            count_board(&seen, words[1]);
        else if (message_is(words[0], "rem"))
            list_mark(r, &seen, words[1]);
        else if (message_is_end(words[0])) {
            list_pool(r, &seen, "");
            ask_pass_on(r, words);
            return;
        }
    }
}

#include "ask.h"

#include <errno.h>
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
                  helper_socket(), strerror(errno));
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

/* `rem INDEX offline UNTIL REASON`, for people. */
static void list_mark(struct relay *r, const char *pool, char *mark)
{
    char when[TEXT_TIME], *facts[4];
    long long until;

    if (message_split(mark, facts, 4) < 3)
        return;
    until = strtoll(facts[2], 0, 10);
    relay_say(r, "rem %s board %s is offline%s%s: %s", pool, facts[0],
              until ? " until " : "", until ? text_time(when, until) : "", facts[3]);
}

/* Count the boards of a pool, as the helper tells them, and say how they are. */
static void list_pool(struct relay *r, const char *pool)
{
    unsigned available = 0, held = 0, offline = 0;
    char *words[2], *facts[4];

    ask_send(r, "userrequest %s why", pool);
    while (ask_answer(r, words, 0) && !message_is_end(words[0])) {
        if (message_is(words[0], "rem"))
            list_mark(r, pool, words[1]);
        if (!message_is(words[0], "userinfo"))
            continue;
        message_split(words[1], facts, 4);
        if (!strcmp(facts[1], "1"))
            held++;
        else if (message_is(facts[2], "free"))
            available++;
        else
            offline++;
    }
    if (!r->over && !message_is(words[0], "error"))
        relay_say(r, "rem %s %u free, %u held, %u offline", pool, available, held,
                  offline);
}

void ask_list(struct relay *r)
{
    struct conf conf;
    struct conf_lines pools;
    char pool[CONF_WORD];

    if (conf_open(&conf) < 0 || conf_find(&conf, "pools", 0, &pools) < 1) {
        relay_say(r, "error config there are no pools: run vlab-compile-config first");
        conf_close(&conf);
        return;
    }
    while (!r->over && conf_line(&pools, "pool", pool))
        if (conf_may(&conf, getuid(), pool) == 1)
            list_pool(r, pool);
    relay_say(r, "endlist");
    conf_close(&conf);
}

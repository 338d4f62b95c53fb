#include "door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "message.h"
#include "peer.h"
#include "say.h"

enum { ALIVE = 30 }; /* seconds until a vanished host is noticed */

int door_self(struct door_said *self, struct conf *c)
{
    struct member m;
    int k = member_self(&m);
    memset(self, 0, sizeof *self);
    map_hash(c, self->hash);
    if (k < 0 && errno != EACCES)
        return -1;
    if (k == 1) {
        self->number = m.node;
        self->state = m.state;
        self->since = m.since;
        strcpy(self->reason, m.reason);
    }
    return 0;
}

static void make_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* The end of either line: what went wrong with the first words, or a reason. */
static int take(struct door_said *s, const char *number, const char *hash,
                const char *state, const char *reason)
{
    unsigned long n;
    size_t end;
    int known = member_state_of(state);
    if (say_number(number, 0, MAP_LAST, &n) || !*hash || strlen(hash) >= MAP_HASH ||
        known < 0) {
        errno = EPROTO;
        return -1;
    }
    s->number = (unsigned)n;
    s->state = n ? (enum member_state)known : MEMBER_OFF;
    strcpy(s->hash, hash);
    snprintf(s->reason, sizeof s->reason, "%.*s", MEMBER_REASON - 1, reason);
    make_printable(s->reason);
    end = strlen(s->reason); /* where it was cut there may have been a space */
    while (end && s->reason[end - 1] == ' ')
        s->reason[--end] = 0;
    return 0;
}

static size_t format(char *line, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

static size_t format(char *line, const char *form, ...)
{
    va_list args;
    size_t n;
    va_start(args, form);
    n = message_format(line, form, args);
    va_end(args);
    return n;
}

size_t door_ask(char *line, const char *verb, const struct door_said *self)
{
    return format(line, "%s %s " VLAB_VERSION " %u %s%s%s", verb, self->hash,
                  self->number, member_state_word(self->state), *self->reason ? " " : "",
                  self->reason);
}

int door_asked(char *line, char **verb, struct door_said *peer)
{
    enum { VERB, HASH, VERSION, NUMBER, STATE, REASON, WORDS };
    char *word[WORDS];
    memset(peer, 0, sizeof *peer);
    message_split(line, word, WORDS);
    *verb = word[VERB];
    return take(peer, word[NUMBER], word[HASH], word[STATE], word[REASON]);
}

size_t door_answer(char *line, const struct door_said *self)
{
    return format(line, "ok %u %s %s %lld %lu %lu %lu%s%s", self->number, self->hash,
                  member_state_word(self->state), self->since, self->sessions,
                  self->commands, self->load, *self->reason ? " " : "", self->reason);
}

int door_answered(char *line, struct door_said *peer, char **why)
{
    enum { OK, NUMBER, HASH, STATE, SINCE, SESSIONS, COMMANDS, LOAD, REASON, WORDS };
    char *word[WORDS], *rest[2];
    unsigned long since;
    int is_error = strncmp(line, "error ", 6) == 0;
    memset(peer, 0, sizeof *peer);
    if (is_error) {
        message_split(line, rest, 2);
        *why = rest[1];
        make_printable(*why);
        return 0;
    }
    message_split(line, word, WORDS);
    if (!message_is(word[OK], "ok") ||
        take(peer, word[NUMBER], word[HASH], word[STATE], word[REASON]) ||
        say_number(word[SINCE], 0, -1ul >> 1, &since) ||
        say_number(word[SESSIONS], 0, DOOR_MOST, &peer->sessions) ||
        say_number(word[COMMANDS], 0, DOOR_MOST, &peer->commands) ||
        say_number(word[LOAD], 0, DOOR_MOST, &peer->load)) {
        errno = EPROTO;
        return -1;
    }
    peer->since = (long long)since;
    return 1;
}

static int ask(int fd, const char *verb, const struct door_said *self, long long deadline,
               struct door_said *said, char *why)
{
    char line[DOOR_LINE], *text;
    struct door_said unread;
    int k = message_write(fd, line, door_ask(line, verb, self));
    if (k == 0 || errno == EPIPE)
        k = dial_line(fd, line, sizeof line, deadline);
    if (k == 0)
        k = door_answered(line, said ? said : &unread, &text);
    else
        return -1;
    if (k == 0)
        snprintf(why, DOOR_LINE, "%s", text);
    return k;
}

const char *door_error(int e)
{
    if (e == ENXIO)
        return "the map has no such node: vlab-node lists them";
    return e == ECONNREFUSED ? "Connection refused: its vlab-door is not running"
                             : dial_error(e);
}

int door_open(unsigned node, const char *verb, long long deadline, int *fd,
              struct door_said *said, char *why)
{
    struct door_said self;
    struct map_node n;
    struct conf c;
    int k = conf_open(&c), saved;
    if (k)
        return -1;
    k = map_find(&c, node, &n);
    if (k == 0)
        errno = ENXIO;
    if (k == 1)
        k = door_self(&self, &c) ? -1 : 1;
    saved = errno;
    conf_close(&c);
    errno = saved;
    if (k != 1)
        return -1;
    /* Only root gets one, and shows that he is it. */
    if (message_is(verb, "duct") || message_is(verb, "consoles"))
        *fd = dial_reserved(n.address[0], n.port, deadline);
    else
        *fd = dial(n.address[0], n.port, deadline, 0, 0);
    if (*fd < 0)
        return -1;
    peer_alive(*fd, ALIVE);
    k = ask(*fd, verb, &self, deadline, said, why);
    if (k == 1)
        return 1;
    saved = errno;
    close(*fd);
    errno = saved;
    return k;
}

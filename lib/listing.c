#include "listing.h"

#include <errno.h>

#include "conf.h"
#include "reply.h"

static void tell_boards(const struct turn *t, struct conf_lines boards, int why)
{
    char address[CONF_WORD];
    struct board_state s;

    for (unsigned i = 0; conf_line(&boards, "board", address); ++i) {
        if (turn_look(t, address, &s)) {
            reply("userinfo %u 0 unknown 0", i);
            continue;
        }
        if (s.state == BOARD_HELD)
            reply("userinfo %u 1 %s %u", i, s.user, s.sessions);
        else
            reply("userinfo %u 0 %s 0", i, s.state == BOARD_FREE ? "free" : "offline");
        if (why && s.offline)
            reply("rem %u offline %lld %s", i, s.until, s.reason);
    }
}

/* The record of a pool if it is for the user. Returns 1, 0, or -1 and errno. */
static int find(struct conf *c, const struct turn *t, const char *pool,
                struct conf_lines *boards)
{
    int may = conf_may(c, t->uid, "pool", pool);

    return may < 1 ? may : conf_find(c, "pool", pool, boards);
}

static int open_conf(struct conf *c)
{
    if (conf_open(c) == 0)
        return 0;
    if (errno == ENOENT)
        errno = EPROTO;
    return -1;
}

static int leave(struct conf *c, int k)
{
    int saved = errno;

    conf_close(c);
    errno = saved;
    return k;
}

int listing_pool(const struct turn *t, const char *pool, int why)
{
    struct conf conf;
    struct conf_lines boards;
    int k;

    if (open_conf(&conf))
        return -1;
    k = find(&conf, t, pool, &boards);
    if (k == 0)
        errno = EACCES;
    if (k < 1)
        return leave(&conf, -1);
    tell_boards(t, boards, why);
    return leave(&conf, 0);
}

int listing_pools(const struct turn *t)
{
    char pool[CONF_WORD];
    struct conf conf;
    struct conf_lines pools, boards;
    int k;

    if (open_conf(&conf))
        return -1;
    k = conf_find(&conf, "pools", 0, &pools);
    while (k > 0 && conf_line(&pools, "pool", pool)) {
        int for_him = find(&conf, t, pool, &boards);

        if (for_him < 0) {
            errno = EPROTO;
            k = -1;
        } else if (for_him) {
            reply("pool %s", pool);
            tell_boards(t, boards, 1);
        }
    }
    return leave(&conf, k < 0 ? -1 : 0);
}

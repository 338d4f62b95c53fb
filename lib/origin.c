#include "origin.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#include "dial.h"
#include "lookup.h"

enum { AT_ONCE = 32, PATIENCE = 2000 };

struct name {
    unsigned node; /* 0: none is under way */
    struct lookup lookup;
};

/* Where we are in the names of the map. */
struct place {
    struct map_node node;
    unsigned next, only;
};

/* Begin with the next name. Returns 1, 0 when there is none, -1. */
static int begin(struct name *l, struct conf *c, struct place *p)
{
    struct lookup_address literal;
    for (;;) {
        while (p->next < p->node.addresses) {
            const char *host = p->node.address[p->next++];
            if (!lookup_literal(&literal, host, 0) && !lookup_start(&l->lookup, host)) {
                l->node = p->node.number;
                return 1;
            }
        }
        int k = 0;
        p->next = 0;
        if (!p->only)
            k = map_next(c, &p->node);
        else if (!p->node.number)
            k = map_find(c, p->only, &p->node);
        if (k != 1)
            return k;
    }
}

/* Is the address one of a name that has been looked up? */
static int is_of(struct name *l, const char *ip)
{
    struct lookup_address a[LOOKUP_MOST];
    char text[INET6_ADDRSTRLEN];
    unsigned n = lookup_end(&l->lookup, 0, a);
    while (n--) {
        int six = a[n].to.any.sa_family == AF_INET6;
        if (inet_ntop(a[n].to.any.sa_family,
                      six ? (void *)&a[n].to.v6.sin6_addr : (void *)&a[n].to.v4.sin_addr,
                      text, sizeof text) &&
            strcmp(text, ip) == 0)
            return 1;
    }
    return 0;
}

/* Wait for any of them, and see to those that have come to an end. Returns the node, or
   0. */
static unsigned await(struct name *l, const char *ip, long long deadline)
{
    struct pollfd p[AT_ONCE];
    unsigned found = 0;
    for (int i = 0; i < AT_ONCE; i++)
        p[i] = (struct pollfd){.fd = l[i].node ? l[i].lookup.fd : -1, .events = POLLIN};
    if (poll(p, AT_ONCE, dial_left(deadline)) <= 0)
        return 0;
    for (int i = 0; i < AT_ONCE; i++)
        if (p[i].fd >= 0 && p[i].revents && !lookup_read(&l[i].lookup)) {
            if (is_of(&l[i], ip))
                found = l[i].node;
            l[i].node = 0;
        }
    return found;
}

static int find_name(struct conf *c, const char *ip, unsigned only, struct map_node *n)
{
    struct name l[AT_ONCE];
    struct place place = {.node.number = 0, .only = only};
    long long deadline = dial_now() + PATIENCE;
    unsigned found = 0, i, under_way = 1;
    int more = 1;
    for (i = 0; i < AT_ONCE; i++)
        l[i].node = 0;
    while (!found && under_way && dial_left(deadline)) {
        under_way = 0;
        for (i = 0; i < AT_ONCE; i++) {
            if (!l[i].node && more)
                more = begin(&l[i], c, &place) == 1;
            under_way += l[i].node != 0;
        }
        if (under_way)
            found = await(l, ip, deadline);
    }
    for (i = 0; i < AT_ONCE; i++)
        if (l[i].node)
            lookup_end(&l[i].lookup, 0, (struct lookup_address[LOOKUP_MOST]){{0}});
    return found ? map_find(c, found, n) : 0;
}

int origin_find(struct conf *c, const char *ip, unsigned only, struct map_node *n)
{
    int k = map_of(c, ip, n);
    return k ? k : find_name(c, ip, only, n);
}

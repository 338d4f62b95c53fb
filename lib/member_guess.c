/* Which node of the map is this host? One that has an address of an interface of ours. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "map.h"
#include "member.h"

static int text_of(const struct sockaddr *a, char *out)
{
    const void *ip;
    if (a && a->sa_family == AF_INET)
        ip = &((const struct sockaddr_in *)a)->sin_addr;
    else if (a && a->sa_family == AF_INET6)
        ip = &((const struct sockaddr_in6 *)a)->sin6_addr;
    else
        return 0;
    return inet_ntop(a->sa_family, ip, out, ADDRESS_HOST) != 0;
}

enum { KNOWN = 64 }; /* nodes that are told apart */

/* Is it not among the first n? */
static int is_new(const unsigned *known, int n, unsigned node)
{
    while (n-- > 0)
        if (n < KNOWN && known[n] == node)
            return 0;
    return 1;
}

int member_guess(struct conf *c, unsigned *node)
{
    unsigned known[KNOWN];
    struct ifaddrs *all;
    struct map_node n;
    char host[ADDRESS_HOST];
    int count = 0, found = 0;
    if (getifaddrs(&all))
        return -1;
    for (struct ifaddrs *a = all; a && found >= 0; a = a->ifa_next)
        if (a->ifa_flags & IFF_UP && text_of(a->ifa_addr, host)) {
            found = map_of(c, host, &n);
            if (found == 1 && is_new(known, count, n.number)) {
                if (count < KNOWN)
                    known[count] = n.number;
                count++;
            }
        }
    freeifaddrs(all);
    if (count)
        *node = known[0];
    return found < 0 ? -1 : count;
}

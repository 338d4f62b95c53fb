#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* An IP end point; v4-mapped v6 addresses are taken for the v4 ones they are. */
struct end {
    int family;
    unsigned char ip[16];
    uint16_t port; /* network order */
};

static int end_of(struct end *e, const struct sockaddr_storage *s)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)s;
    const struct sockaddr_in *four = (const struct sockaddr_in *)s;

    memset(e, 0, sizeof *e);
    e->family = s->ss_family;
    if (s->ss_family == AF_INET) {
        memcpy(e->ip, &four->sin_addr, 4);
        e->port = four->sin_port;
        return 0;
    }
    if (s->ss_family != AF_INET6)
        return -1;
    e->port = six->sin6_port;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        e->family = AF_INET;
        memcpy(e->ip, six->sin6_addr.s6_addr + 12, 4);
    } else
        memcpy(e->ip, six->sin6_addr.s6_addr, 16);
    return 0;
}

union answer {
    struct nlmsghdr head;
    char bytes[1024];
};

/* Ask the kernel one question; its answer must be of this type and have so many bytes
   after its head. Returns 1 or 0. */
static int ask(int family, const struct nlmsghdr *question, union answer *a, int type,
               size_t size)
{
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, family);
    ssize_t n = -1;

    if (fd < 0)
        return 0;
    if (send(fd, question, question->nlmsg_len, 0) == (ssize_t)question->nlmsg_len)
        n = recv(fd, a, sizeof *a, 0);
    close(fd);
    return n >= (ssize_t)NLMSG_LENGTH(size) && a->head.nlmsg_type == type;
}

struct route_question {
    struct nlmsghdr head;
    struct rtmsg body;
    struct rtattr to;
    unsigned char ip[16];
};

/* Is this an address of this host, whichever it came in by? Its users choose what address
   they come from. In doubt, yes. */
static int is_ours(const struct end *e)
{
    size_t size = e->family == AF_INET ? 4 : 16;
    struct route_question q = {0};
    const struct rtmsg *route;
    union answer a;

    q.head.nlmsg_len = (uint32_t)(sizeof q - sizeof q.ip + size);
    q.head.nlmsg_type = RTM_GETROUTE;
    q.head.nlmsg_flags = NLM_F_REQUEST;
    q.body.rtm_family = (unsigned char)e->family;
    q.body.rtm_dst_len = (unsigned char)(8 * size);
    q.to.rta_type = RTA_DST;
    q.to.rta_len = (unsigned short)RTA_LENGTH(size);
    memcpy(q.ip, e->ip, size);
    route = NLMSG_DATA(&a.head);
    return !ask(NETLINK_ROUTE, &q.head, &a, RTM_NEWROUTE, sizeof *route) ||
           route->rtm_type == RTN_LOCAL;
}

struct request {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

/* Who owns the socket whose ends are peer (its own) and self. Returns 1 and *uid when
   somebody still has it open: one that is closed or only lingers has no inode, and shows
   uid 0. A v4 question finds v6 sockets that speak v4, too; a listening socket is no
   answer. */
static int owner(const struct end *peer, const struct end *self, uid_t *uid)
{
    const struct inet_diag_msg *m;
    struct request q = {0};
    union answer a;

    q.head.nlmsg_len = sizeof q;
    q.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    q.head.nlmsg_flags = NLM_F_REQUEST;
    q.body.sdiag_family = (uint8_t)peer->family;
    q.body.sdiag_protocol = IPPROTO_TCP;
    q.body.idiag_states = ~0u;
    q.body.id.idiag_sport = peer->port;
    q.body.id.idiag_dport = self->port;
    q.body.id.idiag_cookie[0] = q.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    memcpy(q.body.id.idiag_src, peer->ip, sizeof peer->ip);
    memcpy(q.body.id.idiag_dst, self->ip, sizeof self->ip);
    m = NLMSG_DATA(&a.head);
    if (!ask(NETLINK_SOCK_DIAG, &q.head, &a, SOCK_DIAG_BY_FAMILY, sizeof *m) ||
        m->idiag_inode == 0 || m->id.idiag_sport != peer->port ||
        m->id.idiag_dport != self->port)
        return 0;
    *uid = m->idiag_uid;
    return 1;
}

static void identify_ip(struct peer *p, struct end *peer, struct end *self,
                        struct conf *c)
{
    p->how = PEER_STRANGER;
    inet_ntop(peer->family, peer->ip, p->from, sizeof p->from);
    p->port = ntohs(peer->port);
    p->here = is_ours(peer);
    if (p->here) {
        if (owner(peer, self, &p->uid))
            p->how = PEER_KNOWN;
    } else if (c->fd >= 0 && conf_trusts(c, p->from))
        p->how = PEER_TRUSTED;
}

int peer_identify(struct peer *p, int fd, struct conf *c)
{
    struct sockaddr_storage s;
    struct end peer, self;
    socklen_t n = sizeof s;
    struct ucred cred;

    memset(p, 0, sizeof *p);
    strcpy(p->from, "local");
    if (getsockname(fd, (struct sockaddr *)&s, &n)) {
        p->how = PEER_HAND;
        p->uid = getuid();
        return errno == ENOTSOCK ? 0 : -1;
    }
    if (s.ss_family == AF_UNIX) {
        n = sizeof cred;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n))
            return -1;
        p->how = PEER_KNOWN;
        p->uid = cred.uid;
        return 0;
    }
    p->how = PEER_STRANGER;
    if (end_of(&self, &s))
        return 0;
    n = sizeof s;
    if (getpeername(fd, (struct sockaddr *)&s, &n))
        return -1;
    if (end_of(&peer, &s) == 0)
        identify_ip(p, &peer, &self, c);
    return 0;
}

int peer_self(int fd, struct peer_end *self)
{
    struct sockaddr_storage s;
    socklen_t n = sizeof s;
    struct end e;

    if (getsockname(fd, (struct sockaddr *)&s, &n))
        return -1;
    if (end_of(&e, &s)) {
        errno = EINVAL;
        return -1;
    }
    self->port = ntohs(e.port);
    return inet_ntop(e.family, e.ip, self->ip, sizeof self->ip) ? 0 : -1;
}

static int take_end(const struct peer_end *text, struct end *e)
{
    memset(e, 0, sizeof *e);
    e->family = strchr(text->ip, ':') ? AF_INET6 : AF_INET;
    e->port = htons((uint16_t)text->port);
    return inet_pton(e->family, text->ip, e->ip) == 1;
}

int peer_owner(const struct peer_end *from, const struct peer_end *to, uid_t *uid)
{
    struct end ours, theirs;

    return take_end(from, &ours) && take_end(to, &theirs) && owner(&ours, &theirs, uid);
}

int peer_may_be(const struct peer *p, uid_t uid)
{
    if (p->how == PEER_KNOWN)
        return p->uid == uid || p->uid == 0 || p->uid == geteuid();
    return p->how == PEER_TRUSTED || p->how == PEER_HAND;
}

int peer_is_root(const struct peer *p)
{
    return (p->how == PEER_KNOWN || p->how == PEER_HAND) &&
           (p->uid == 0 || p->uid == geteuid());
}

void peer_alive(int fd, unsigned seconds)
{
    unsigned user = seconds * 1000;
    int on = 1, probes = 2, every = (int)(seconds / 3);

    if (every < 1)
        every = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user, sizeof user))
        return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

int peer_gone(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL));
}

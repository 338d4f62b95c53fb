#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <fmt.h>
#include <scan.h>

struct endpoint {
    char host[ADDRESS_HOST];
    unsigned port;
    int v6;
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

/* Write the v4 or v6 address text as inet_ntop has it. A v4-mapped v6 address is the same
   endpoint as the v4 one; 0.0.0.0 and :: are no endpoints. */
static int host_ip(const char *text, int v6, struct endpoint *e)
{
    struct in6_addr a6;
    struct in_addr a4;

    if (!v6) {
        if (inet_pton(AF_INET, text, &a4) != 1 || a4.s_addr == htonl(INADDR_ANY))
            return -1;
        strcpy(e->host, text); /* inet_pton takes no other spelling */
        return 0;
    }
    if (inet_pton(AF_INET6, text, &a6) != 1 || IN6_IS_ADDR_UNSPECIFIED(&a6))
        return -1;
    if (!IN6_IS_ADDR_V4MAPPED(&a6)) {
        e->v6 = 1;
        return inet_ntop(AF_INET6, &a6, e->host, sizeof e->host) ? 0 : -1;
    }
    memcpy(&a4, a6.s6_addr + 12, sizeof a4);
    if (a4.s_addr == htonl(INADDR_ANY))
        return -1;
    return inet_ntop(AF_INET, &a4, e->host, sizeof e->host) ? 0 : -1;
}

/* One label of a name, of n characters. RFC 1123 section 2.1. */
static int is_label(const char *s, size_t n)
{
    size_t i;

    if (n < 1 || n > 63 || s[0] == '-' || s[n - 1] == '-')
        return 0;
    for (i = 0; i < n; i++)
        if (!is_alnum(s[i]) && s[i] != '-')
            return 0;
    return 1;
}

/* Resolvers take what ends in a number (10.0.0.300, 127.1, 0x7f000001) for an IP address
   in some other spelling, so that is no name. */
static int ends_in_number(const char *name)
{
    const char *dot = strrchr(name, '.'), *label = dot ? dot + 1 : name;

    if (label[0] == '0' && label[1] == 'x')
        return label[2 + strspn(label + 2, "0123456789abcdef")] == 0;
    return label[strspn(label, "0123456789")] == 0;
}

static int host_name(const char *text, struct endpoint *e)
{
    size_t i, n;

    for (i = 0; text[i]; i++)
        e->host[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i];
    e->host[i] = 0;
    for (i = 0;; i += n + 1) {
        n = strcspn(e->host + i, ".");
        if (!is_label(e->host + i, n))
            return -1;
        if (e->host[i + n] == 0)
            break;
    }
    return ends_in_number(e->host) ? -1 : 0;
}

static int take_port(const char *text, unsigned *port)
{
    unsigned long n;
    size_t used;

    if (text[0] == 0 || text[strspn(text, "0123456789")]) {
        errno = EINVAL;
        return -1;
    }
    used = scan_ulong(text, &n);
    if (text[used] || n < 1 || n > 65535) {
        errno = ERANGE;
        return -1;
    }
    *port = n;
    return 0;
}

static int take_apart(const char *text, unsigned port, struct endpoint *e)
{
    int v6 = text[0] == '[';
    const char *host = text + v6, *end = host + strcspn(host, v6 ? "]" : ":"),
               *rest = end;
    char copy[ADDRESS_HOST];

    e->v6 = 0;
    e->port = port;
    if (v6 && *rest++ != ']')
        goto invalid;
    if (end == host || (size_t)(end - host) >= sizeof copy)
        goto invalid;
    memcpy(copy, host, end - host);
    copy[end - host] = 0;
    if (host_ip(copy, v6, e) < 0 && (v6 || host_name(copy, e) < 0))
        goto invalid;
    if (*rest == 0)
        return 0;
    if (*rest == ':')
        return take_port(rest + 1, &e->port);
invalid:
    errno = EINVAL;
    return -1;
}

int address_canonical(const char *text, unsigned port, char *out)
{
    struct endpoint e;

    if (take_apart(text, port, &e) < 0)
        return -1;
    if (e.v6)
        *out++ = '[';
    out = stpcpy(out, e.host);
    if (e.v6)
        *out++ = ']';
    if (e.port != ADDRESS_PORT) {
        *out++ = ':';
        out += fmt_ulong(out, e.port);
    }
    *out = 0;
    return 0;
}

int address_split(const char *address, char *host, unsigned *port)
{
    struct endpoint e;

    if (take_apart(address, ADDRESS_PORT, &e) < 0) {
        errno = EINVAL;
        return -1;
    }
    memcpy(host, e.host, sizeof e.host);
    *port = e.port;
    return 0;
}

int address_ip(const char *text, char *out)
{
    struct endpoint e;

    if (host_ip(text, strchr(text, ':') != 0, &e) < 0) {
        errno = EINVAL;
        return -1;
    }
    memcpy(out, e.host, sizeof e.host);
    return 0;
}

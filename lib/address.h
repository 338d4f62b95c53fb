/* address: where a board is. One TCP endpoint has one spelling, so one roll: IP addresses
   as inet_ntop writes them, host names in lower case, v6 in brackets, the port left out
   when it is 7020. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stddef.h>

enum { ADDRESS_PORT = 7020, ADDRESS_HOST = 112, ADDRESS_MAX = 128 };

/* Write the one spelling of text into out (ADDRESS_MAX bytes). Text is HOST, HOST:PORT,
   [V6] or [V6]:PORT, where HOST is an IPv4 address or a host name (RFC 1123); port is
   what holds when text names none. Returns 0, or -1 with errno EINVAL (no address) or
   ERANGE (port not in 1..65535). */
int address_canonical(const char *text, unsigned port, char *out);

/* Write an IPv4 or IPv6 address as inet_ntop does, v4-mapped ones as v4, into out
   (ADDRESS_HOST bytes). Returns 0, or -1 EINVAL. */
int address_ip(const char *text, char *out);

/* Take a canonical address apart: host (ADDRESS_HOST bytes, without brackets) and port.
 * Returns 0 or -1 EINVAL. */
int address_split(const char *address, char *host, unsigned *port);

#endif

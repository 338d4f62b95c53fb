#include "map.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "say.h"

const struct conf_setting map_numbers[MAP_NUMBERS] = {
    [MAP_COUNT] = {"count", 1, 255, 1},
    [MAP_PORT] = {"port", 1, 65535, MAP_DOOR},
};

static int read_number(struct conf_lines *lines, unsigned *number)
{
    char value[CONF_WORD];
    unsigned long n;
    if (!conf_line(lines, "node", value))
        return 0;
    if (say_number(value, 1, MAP_LAST, &n)) {
        errno = EPROTO;
        return -1;
    }
    *number = (unsigned)n;
    return 1;
}

int map_find(struct conf *c, unsigned number, struct map_node *n)
{
    struct conf_lines lines;
    char name[16], value[CONF_WORD];
    int found;
    snprintf(name, sizeof name, "%u", number);
    found = conf_find(c, "node", name, &n->devices);
    if (found != 1)
        return found;
    n->number = number;
    n->port = (unsigned)conf_number(n->devices, &map_numbers[MAP_PORT]);
    lines = n->devices;
    for (n->addresses = 0; conf_line(&lines, "address", value); n->addresses++) {
        if (n->addresses == MAP_ADDRESSES || strlen(value) >= ADDRESS_HOST)
            break;
        strcpy(n->address[n->addresses], value);
    }
    if (n->addresses)
        return 1;
    errno = EPROTO;
    return -1;
}

int map_next(struct conf *c, struct map_node *n)
{
    struct conf_lines lines;
    unsigned number = 0;
    int found = conf_find(c, "nodes", 0, &lines);
    if (found != 1)
        return found;
    while ((found = read_number(&lines, &number)) == 1 && number <= n->number)
        ;
    return found == 1 ? map_find(c, number, n) : found;
}

unsigned map_count(struct conf *c)
{
    struct conf_lines lines;
    char value[CONF_WORD];
    unsigned count = 0;
    if (conf_find(c, "nodes", 0, &lines) == 1)
        while (conf_line(&lines, "node", value))
            count++;
    return count;
}

int map_of(struct conf *c, const char *host, struct map_node *n)
{
    struct conf_lines lines;
    unsigned number;
    int found = conf_find(c, "at", host, &lines);
    if (found == 1)
        found = read_number(&lines, &number);
    return found == 1 ? map_find(c, number, n) : found;
}

void map_hash(struct conf *c, char *hash)
{
    struct conf_lines lines;
    char value[CONF_WORD];
    if (conf_find(c, "nodes", 0, &lines) != 1 || !conf_line(&lines, "hash", value) ||
        strlen(value) >= MAP_HASH)
        strcpy(value, "-");
    strcpy(hash, value);
}

int map_device(const struct map_node *n, const char *name)
{
    struct conf_lines lines = n->devices;
    char pattern[CONF_WORD];
    while (conf_line(&lines, "device", pattern))
        if (!fnmatch(pattern, name, FNM_PATHNAME | FNM_PERIOD))
            return 1;
    return 0;
}

int map_count_up(const char *ip, unsigned i, char *out)
{
    unsigned char bytes[16];
    int family = strchr(ip, ':') ? AF_INET6 : AF_INET, last = family == AF_INET ? 3 : 15;
    if (inet_pton(family, ip, bytes) != 1) {
        errno = EINVAL;
        return -1;
    }
    if (bytes[last] + i > 255) {
        errno = ERANGE;
        return -1;
    }
    bytes[last] = (unsigned char)(bytes[last] + i);
    return inet_ntop(family, bytes, out, ADDRESS_HOST) ? 0 : -1;
}

/* map: the nodes of the lab, as the sections [node N] of the config have them. All hosts
   must have the same one, which a hash of it tells. */

/* clang-format off */
/* Its records, in the form of conf.h:

       nodes           hash HEX, node N..., ascending
       node:N          address HOST... (the first is where it is reached), port N,
                       device PATTERN...
       at:HOST         node N: whose address it is
*/
/* clang-format on */
#ifndef MAP_H
#define MAP_H

#include "address.h"
#include "conf.h"

enum {
    MAP_LAST = 65535,  /* the highest number; 0 is not a member */
    MAP_ADDRESSES = 8, /* of a node, at most */
    MAP_DEVICES = 32,  /* patterns of devices of a node, at most */
    MAP_DOOR = 7021,   /* the default port of vlab-door */
    MAP_HASH = 17      /* bytes of a hash, the NUL counted */
};

/* Limits and defaults of the numbers of a section, for the compiler and its readers. */
enum { MAP_COUNT, MAP_PORT, MAP_NUMBERS };
extern const struct conf_setting map_numbers[MAP_NUMBERS];

struct map_node {
    unsigned number, port, addresses;
    char address[MAP_ADDRESSES][ADDRESS_HOST]; /* IP addresses as inet_ntop writes them,
                                                  or names */
    struct conf_lines devices;                 /* for map_device */
};

/* The node of this number. Returns 1, 0 when there is none, -1 with errno EPROTO. */
int map_find(struct conf *c, unsigned number, struct map_node *n);

/* The next node in ascending order, the first when n->number is 0. Returns as map_find.
 */
int map_next(struct conf *c, struct map_node *n);

/* How many there are: 0 when the config has no map. */
unsigned map_count(struct conf *c);

/* The node that has the address: an IP address as inet_ntop writes it (v4-mapped ones as
   v4), or a name of the map. Returns as map_find. */
int map_of(struct conf *c, const char *host, struct map_node *n);

/* The hash, 16 hexadecimal digits, into hash (MAP_HASH bytes); "-" of no map. */
void map_hash(struct conf *c, char *hash);

/* May other nodes open this device, a name below /dev? 1 or 0. */
int map_device(const struct map_node *n, const char *name);

/* The address that is i above one whose last byte can be counted up, into out
   (ADDRESS_HOST bytes). Returns 0, or -1: EINVAL no IP address, ERANGE past 255. */
int map_count_up(const char *ip, unsigned i, char *out);

#endif

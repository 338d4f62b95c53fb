#include "parse.h"

#include <stdio.h>
#include <string.h>

#include "device.h"
#include "launcher.h"
#include "map.h"

#define SETTING(which)                                                                   \
    .number = &conf_settings[which], .kinds = 1 << PARSE_SETTINGS, .most = 1,            \
    .take = parse_take_number
#define OF_BOARD(which)                                                                  \
    .number = &device_numbers[which], .kinds = 1 << PARSE_BOARD, .most = 1,              \
    .take = parse_take_number
#define OF_LAUNCHER(which)                                                               \
    .number = &launcher_numbers[which], .kinds = 1 << PARSE_LAUNCH, .most = 1,           \
    .take = parse_take_number
#define OF_NODE(which)                                                                   \
    .number = &map_numbers[which], .kinds = 1 << PARSE_NODE, .most = 1,                  \
    .take = parse_take_number

const struct parse_key parse_keys[PARSE_KEYS] = {
    [PARSE_GROUP] = {.name = "group",
                     .kinds = 1 << PARSE_POOL | 1 << PARSE_LAUNCH,
                     .take = parse_take_name},
    [PARSE_USER] = {.name = "user",
                    .kinds = 1 << PARSE_POOL | 1 << PARSE_LAUNCH,
                    .take = parse_take_name},
    [PARSE_ADDRESS] = {.name = "address",
                       .word = "board",
                       .kinds = 1 << PARSE_POOL,
                       .again = PARSE_ONCE,
                       .take = parse_take_address},
    [PARSE_PORT] = {SETTING(CONF_PORT)},
    [PARSE_OFFLINE] = {SETTING(CONF_OFFLINE)},
    [PARSE_TIMEOUT] = {SETTING(CONF_TIMEOUT)},
    [PARSE_SESSIONS] = {SETTING(CONF_SESSIONS)},
    [PARSE_ALIVE] = {SETTING(CONF_ALIVE)},
    [PARSE_TRUST] = {.name = "trust",
                     .kinds = 1 << PARSE_SETTINGS,
                     .take = parse_take_ip},
    [PARSE_UART] = {.name = "uart",
                    .kinds = 1 << PARSE_BOARD,
                    .most = DEVICE_UARTS,
                    .again = PARSE_ALONE,
                    .take = parse_take_path},
    [PARSE_FPGA] = {.name = "fpga",
                    .kinds = 1 << PARSE_BOARD,
                    .most = DEVICE_FPGAS,
                    .again = PARSE_KEEP,
                    .take = parse_take_part},
    [PARSE_PROGRAM] = {.name = "program",
                       .kinds = 1 << PARSE_BOARD,
                       .most = 1,
                       .take = parse_take_command,
                       .letters = DEVICE_PROGRAM},
    [PARSE_RESET] = {.name = "reset",
                     .kinds = 1 << PARSE_BOARD,
                     .most = 1,
                     .take = parse_take_command,
                     .letters = DEVICE_RESET},
    [PARSE_BUFFERS] = {OF_BOARD(DEVICE_BUFFERS)},
    [PARSE_LIMIT] = {OF_BOARD(DEVICE_LIMIT)},
    [PARSE_BOARD_QUEUE] = {OF_BOARD(DEVICE_QUEUE)},
    [PARSE_BOARD_TIMEOUT] = {OF_BOARD(DEVICE_TIMEOUT)},
    [PARSE_AT] = {.name = "node",
                  .kinds = 1 << PARSE_BOARD,
                  .most = 1,
                  .again = PARSE_KEEP,
                  .take = parse_take_node},
    [PARSE_WORKERS] = {OF_LAUNCHER(LAUNCHER_WORKERS)},
    [PARSE_LAUNCH_QUEUE] = {OF_LAUNCHER(LAUNCHER_QUEUE)},
    [PARSE_LAUNCH_TIMEOUT] = {OF_LAUNCHER(LAUNCHER_TIMEOUT)},
    [PARSE_COMMAND] = {.name = "command",
                       .kinds = 1 << PARSE_LAUNCH,
                       .most = 1,
                       .take = parse_take_command,
                       .letters = ""},
    [PARSE_DIR] = {.name = "dir",
                   .kinds = 1 << PARSE_LAUNCH,
                   .most = 1,
                   .take = parse_take_path},
    [PARSE_NODE_ADDRESS] = {.name = "address",
                            .kinds = 1 << PARSE_NODE,
                            .most = MAP_ADDRESSES,
                            .again = PARSE_ALONE,
                            .take = parse_take_host},
    [PARSE_COUNT] = {OF_NODE(MAP_COUNT)},
    [PARSE_NODE_PORT] = {OF_NODE(MAP_PORT)},
    [PARSE_DEVICE] = {.name = "device",
                      .kinds = 1 << PARSE_NODE,
                      .most = MAP_DEVICES,
                      .take = parse_take_device},
};

const struct parse_kind parse_kinds[PARSE_KINDS] = {
    [PARSE_SETTINGS] = {.noun = "setting"},
    [PARSE_POOL] = {.noun = "pool", .header = "[NAME]", .take = parse_take_name},
    [PARSE_BOARD] = {"board", "board", "[board ADDRESS]", parse_take_address},
    [PARSE_LAUNCH] = {"launch", "launcher", "[launch NAME]", parse_take_name},
    [PARSE_NODE] = {"node", "node", "[node N]", parse_take_node},
};

const char *parse_name(unsigned key)
{
    const struct parse_key *k = &parse_keys[key];

    return k->name ? k->name : k->number->name;
}

unsigned parse_find(const char *name, unsigned kinds)
{
    unsigned i;

    for (i = 0; i < PARSE_KEYS; i++)
        if (parse_keys[i].kinds & kinds && strcmp(name, parse_name(i)) == 0)
            break;
    return i;
}

/* Add a name to the list out, with between in between; what it has no room for is cut
   off. */
static void list(char *out, size_t size, const char *between, const char *name)
{
    size_t used = strlen(out);

    snprintf(out + used, size - used, "%s%s", used ? between : "", name);
}

/* The headers, or the nouns, of the kinds of named sections, with an "or" in between. */
static const char *any_of(unsigned kinds, int nouns, char *out, size_t size)
{
    unsigned i;

    *out = 0;
    for (i = PARSE_POOL; i < PARSE_KINDS; i++)
        if (kinds & 1u << i)
            list(out, size, " or ", nouns ? parse_kinds[i].noun : parse_kinds[i].header);
    return out;
}

/* No key has the name: which ones has the section, if it is known what it is? */
static void unknown(struct errors *errors, unsigned line, const char *name,
                    unsigned kinds)
{
    char keys[128] = "";
    unsigned kind = 0, i;

    while (!(kinds & 1u << kind))
        kind++;
    for (i = 0; i < PARSE_KEYS && kinds == 1u << kind; i++)
        if (parse_keys[i].kinds & kinds)
            list(keys, sizeof keys, ", ", parse_name(i));
    if (kind == PARSE_SETTINGS)
        errors_add(errors, line, "unknown key \"%s\": the settings are %s",
                   parse_shown(name), keys);
    else if (*keys)
        errors_add(errors, line, "unknown key \"%s\": a %s has %s", parse_shown(name),
                   parse_kinds[kind].noun, keys);
    else
        errors_add(errors, line, "unknown key \"%s\"", parse_shown(name));
}

void parse_misplaced(struct errors *errors, unsigned line, const char *name,
                     unsigned kinds)
{
    char headers[64], nouns[64];
    unsigned right = 0, i;

    for (i = 0; i < PARSE_KEYS; i++)
        if (strcmp(name, parse_name(i)) == 0)
            right |= parse_keys[i].kinds;
    if (!right) {
        unknown(errors, line, name, kinds);
        return;
    }
    if (kinds == 1 << PARSE_SETTINGS) {
        /* Who has forgotten a header has most likely forgotten that of a pool. */
        if (right & 1 << PARSE_POOL)
            right = 1 << PARSE_POOL;
        errors_add(errors, line, "\"%s\" before the first %s: write %s first", name,
                   any_of(right, 1, nouns, sizeof nouns),
                   any_of(right, 0, headers, sizeof headers));
        return;
    }
    for (i = PARSE_POOL; !(kinds & 1u << i); i++)
        ;
    any_of(right, 0, headers, sizeof headers);
    errors_add(errors, line, "\"%s\" inside a %s: it belongs %s%s%s%s", name,
               parse_kinds[i].noun,
               right & 1 << PARSE_SETTINGS ? "before the first [NAME]" : "",
               right & 1 << PARSE_SETTINGS && *headers ? ", or " : "",
               *headers ? "to " : "", headers);
}

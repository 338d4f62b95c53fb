/* fuzz-conf text|database COUNT [SEED]: try COUNT things that are nearly a config, or
   nearly a database, on what reads them. The seed is printed first; the same seed tries
   the same things. Whatever is not as it should be ends in abort(3); the sanitizers look
   for the rest. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "conf.h"
#include "device.h"
#include "launcher.h"
#include "map.h"
#include "records.h"
#include "roll.h"
#include "say.h"
#include "whole.h"
#include "words.h"

enum { SIZE = 65536 };

static uint64_t state;

static size_t random_below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return n ? (state >> 11) % n : 0;
}

static const char model_conf[] =
    "port = 7021 # all\noffline=60\ntimeout = 600\nsessions=64\n"
    "alive = 30\ntrust = 10.0.0.7\ntrust = ::ffff:10.0.0.8\n\n"
    "[burchtest]\naddress = 192.168.124.51\n"
    "address = 192.168.124.53:7021\naddress = [fe80::1]:80\n"
    "group = vluser\ngroup = staff\r\n\n[s3esk]\n"
    "address = s3esk.example.org\nuser = jack\n"
    "address=192.168.124.51\n[ third ]\nuser=jill\naddress=a\n"
    "[board 192.168.124.51]\nuart = /dev/ttyUSB0\nuart=/dev/ttyUSB1\nfpga = xc3s500e\n"
    "fpga=*\nprogram = prog -p '%p' \"%f %%\" %n %b\nreset = /bin/reset %b\nbuffers=64\n"
    "limit = 16777216\nqueue=4\n[board a:1]\nuart = /dev/ttyS0\n"
    "[launch build]\nworkers = 4\nqueue=16\ntimeout = 3600\ngroup = vluser\n"
    "user=jill\ncommand = make -C '/srv/a b' 100%%\ndir=/srv/x\n[launch a]\nuser=jack\n"
    "[node 7]\naddress = 10.0.0.7\naddress = fd00::7\ncount=3\ndevice = ttyUSB*\n"
    "[node 65535]\naddress=gate.example.org\nport=7999\n";
static const char model_passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                                   "jack:x:1001:1001::/home/jack:/bin/sh\n"
                                   "jill:x:1002:50::/home/jill:/bin/sh\n"
                                   "joe:x:1001:60::/home/joe:/bin/sh\n";
static const char model_group[] =
    "vluser:x:50:root,jack,joe\nstaff:x:60:\nother:x:61:jill\n";

static const char *const tokens[] = {
    "[",          "]",       "=",           "#",        "\n",        "\r\n",
    " ",          "\t",      "address",     "group",    "user",      "port",
    "trust",      "[a]\n",   "jack",        "vluser",   "65536",     "0",
    "4294967297", ":7020",   "[::1]",       "::",       ":",         ",",
    "10.0.0.",    "x:x:1:",  "\xff\xfe",    "[third]",  "-1",        ".",
    "..",         "/",       "[board ",     "[launch ", "uart=/a\n", "fpga=*\n",
    "queue",      "timeout", "program=a\n", "'",        "\"",        "%",
    "%f",         "\nuart",  "\ncommand",   "xc",
};

/* Change text of n bytes a little. Returns the new n; there is room for SIZE. */
static size_t mutate(char *text, size_t n)
{
    size_t from = random_below(n + 1), size = random_below(n - from + 1), times;
    const char *token = tokens[random_below(sizeof tokens / sizeof *tokens)];
    char piece[4096];

    switch (random_below(7)) {
    case 0: /* flip a bit */
        if (from < n)
            text[from] ^= (char)(1 << random_below(8));
        return n;
    case 1: /* cut a piece out */
        memmove(text + from, text + from + size, n - from - size);
        return n - size;
    case 2: /* cut the end off */
        return random_below(8) ? n : from;
    case 3: /* insert any byte, or NUL */
        piece[0] = (char)(random_below(4) ? random_below(256) : 0);
        size = 1;
        break;
    case 4: /* repeat a piece */
        if (size > 200)
            size %= 200;
        memcpy(piece, text + from, size);
        break;
    case 5: /* a long run of one byte */
        size = 1 + random_below(2000);
        memset(piece, "a1 =[\n"[random_below(6)], size);
        break;
    default: /* insert a word that means something */
        for (size = 0, times = 1 + random_below(3); times; times--) {
            memcpy(piece + size, token, strlen(token));
            size += strlen(token);
        }
    }
    if (n + size > SIZE)
        return n;
    memmove(text + from + size, text + from, n - from);
    memcpy(text + from, piece, size);
    return n + size;
}

static size_t mutate_often(char *text, size_t n)
{
    for (size_t times = 1 + random_below(8); times; times--)
        n = mutate(text, n);
    return n;
}

/* A copy without room behind it, so that a byte too many is noticed. */
static char *exact(const char *text, size_t n)
{
    char *copy = malloc(n ? n : 1);

    if (!copy)
        say_die_errno("unable to go on");
    memcpy(copy, text, n);
    return copy;
}

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

/* Split a good command into more or less room than it needs. */
static void check_command(const char *text, const char *letters)
{
    static const char *const values[] = {"a b", "", "\"%f", "c"};
    size_t size = random_below(400);
    char *room = malloc(size ? size : 1), *argv[WORDS_MAX + 1];
    int n, i;

    must(room != 0, "there is memory");
    n = words_split(text, letters, values, room, size, argv);
    must(n > 0 || errno == E2BIG, "what was checked can be split");
    for (i = 0; i < n; i++)
        must(argv[i] >= room && argv[i] + strlen(argv[i]) < room + size,
             "a word is in the room");
    must(n < 0 || !argv[n], "the words end");
    free(room);
}

static void check_value(unsigned key, const char *text)
{
    const struct conf_setting *s = parse_keys[key].number;
    char again[CONF_WORD];
    struct errors errors = {.count = 0};
    struct parse_value v = {text, "it", &parse_keys[key], ADDRESS_PORT, 1, &errors};

    must(*text && strlen(text) < CONF_WORD, "a value has a length");
    must(v.key->take(&v, again) == 0 && strcmp(again, text) == 0,
         "a value has one spelling, and is a good one");
    must(!s || (strtoul(text, 0, 10) >= s->min && strtoul(text, 0, 10) <= s->max),
         "a number is in its range");
    if (v.key->letters)
        check_command(text, v.key->letters);
}

static void check_parsed(const struct parse *p, unsigned lines)
{
    const struct parse_section *s;
    const struct parse_entry *e;
    unsigned kind, i, count[PARSE_KEYS];

    for (kind = 0; kind < PARSE_KINDS; kind++)
        for (i = 0; i < p->names[kind].count; i++) {
            s = &p->section[kind][i];
            memset(count, 0, sizeof count);
            must(s->first <= s->end && s->end <= p->entries,
                 "a section has entries that exist");
            must(s->line <= lines, "a section has a line");
            for (e = p->entry + s->first; e < p->entry + s->end; e++) {
                must(e->key < PARSE_KEYS && e->value < p->values[e->key].count,
                     "an entry has a value");
                must(parse_keys[e->key].kinds & 1u << kind, "an entry has its place");
                must(e->line > s->line && e->line <= lines, "an entry has a line");
                must(++count[e->key] <= parse_keys[e->key].most ||
                         !parse_keys[e->key].most,
                     "a section has not too many of a key");
            }
        }
    for (kind = PARSE_POOL; kind < PARSE_KINDS; kind++)
        for (i = 0; i < p->names[kind].count; i++)
            must(kind == PARSE_BOARD || conf_is_name(p->names[kind].text[i]),
                 "a section has a name");
    for (i = 0; i < p->names[PARSE_BOARD].count; i++)
        check_value(PARSE_ADDRESS, p->names[PARSE_BOARD].text[i]);
    for (kind = 0; kind < PARSE_KEYS; kind++)
        for (i = 0; i < p->values[kind].count; i++)
            check_value(kind, p->values[kind].text[i]);
}

/* Each record is +K,V:KEY->VALUE, each line of a value WORD VALUE. */
static void check_records(const char *text, size_t size)
{
    size_t key, value, i;
    int n;

    while (sscanf(text, "+%zu,%zu:%n", &key, &value, &n) == 2) {
        must((size_t)n + key + 2 + value + 1 < size, "a record is whole");
        text += (size_t)n + key;
        size -= (size_t)n + key + 2 + value + 1;
        must(text[0] == '-' && text[1] == '>', "a key has its length");
        text += 2;
        must((!value || text[value - 1] == '\n') && text[value] == '\n',
             "a value is lines");
        for (i = 0; i < value; i++)
            must(text[i] == '\n' || text[i] == '\t' ||
                     ((unsigned char)text[i] >= ' ' && text[i] != 127),
                 "it can be seen");
        text += value + 1;
    }
    must(size == 1 && *text == '\n', "an empty line ends the records");
}

static void try_text(void)
{
    static char conf[SIZE], passwd[SIZE], group[SIZE];
    size_t n = sizeof model_conf - 1, m, size, i;
    static struct errors errors;
    struct accounts a;
    struct parse p;
    unsigned lines = 1;
    char *copy, *out;
    FILE *f, *g;

    memcpy(conf, model_conf, n);
    n = mutate_often(conf, n);
    for (i = 0; i < n; i++)
        lines += conf[i] == '\n';
    copy = exact(conf, n);
    errors.count = 0;
    must(parse_text(&p, copy, n, &errors) == 0 && parse_check(&p, &errors) == 0,
         "there is memory");
    free(copy);
    check_parsed(&p, lines);
    for (i = 0, m = errors_sort(&errors); i < m; i++)
        must(errors.kept[i].line - 1 < lines, "an error has a line");
    memcpy(passwd, model_passwd, sizeof model_passwd);
    memcpy(group, model_group, sizeof model_group);
    f = fmemopen(passwd,
                 random_below(2) ? mutate_often(passwd, sizeof model_passwd - 1)
                                 : sizeof model_passwd - 1,
                 "r");
    g = fmemopen(group,
                 random_below(2) ? mutate_often(group, sizeof model_group - 1)
                                 : sizeof model_group - 1,
                 "r");
    must(f && g, "there is memory");
    if (accounts_read(&a, &p.values[PARSE_GROUP], &p.values[PARSE_USER], f, g) == 0) {
        for (i = 0; i < a.count; i++)
            must(a.list[i].name < (a.list[i].kind == ACCOUNTS_USER
                                       ? a.users.count
                                       : p.values[PARSE_GROUP].count),
                 "an account has a name");
        fclose(f);
        f = open_memstream(&out, &size);
        must(records_write(&p, &a, f) == 0 && fclose(f) == 0, "there is memory");
        check_records(out, size);
        free(out);
    } else
        fclose(f);
    fclose(g);
    accounts_free(&a);
    parse_free(&p);
}

/* Is a text that was read a string in its array? */
static void check_text(const char *text, size_t size)
{
    must(memchr(text, 0, size) != 0, "a text ends");
}

/* Ask for the sections of boards and launchers. */
static void ask_sections(struct conf *c)
{
    struct launcher l;
    struct device d;
    unsigned i;

    if (device_read(&d, c, "10.0.0.1") == 1) {
        must(d.uarts <= DEVICE_UARTS && d.fpgas <= DEVICE_FPGAS,
             "a device has its parts");
        for (i = 0; i < d.uarts; i++)
            check_text(d.uart[i], sizeof d.uart[i]);
        for (i = 0; i < d.fpgas; i++)
            check_text(d.fpga[i], sizeof d.fpga[i]);
        check_text(d.program, sizeof d.program);
        check_text(d.reset, sizeof d.reset);
        for (i = 0; i < DEVICE_NUMBERS; i++)
            must(d.number[i] >= device_numbers[i].min &&
                     d.number[i] <= device_numbers[i].max,
                 "a number of a device is sane");
    }
    if (launcher_read(&l, c, "build") == 1) {
        check_text(l.command, sizeof l.command);
        check_text(l.dir, sizeof l.dir);
        for (i = 0; i < LAUNCHER_NUMBERS; i++)
            must(l.number[i] >= launcher_numbers[i].min &&
                     l.number[i] <= launcher_numbers[i].max,
                 "a number of a launcher is sane");
    }
}

static void ask_map(struct conf *c)
{
    struct map_node n = {0};
    char hash[MAP_HASH];
    unsigned last = 0;

    while (map_next(c, &n) == 1) {
        must(n.number > last, "nodes come in ascending order");
        last = n.number;
        must(n.addresses <= MAP_ADDRESSES, "a node has its addresses");
        for (unsigned i = 0; i < n.addresses; i++)
            check_text(n.address[i], sizeof n.address[i]);
        must(n.port && n.port <= 65535, "a node has a port");
        map_device(&n, "ttyUSB0");
    }
    map_of(c, "10.0.0.8", &n);
    map_hash(c, hash);
    check_text(hash, sizeof hash);
}

/* Ask for all there may be in the database that is in force. */
static void ask_all(void)
{
    static const char *const keys[][2] = {
        {"settings", 0}, {"pools", 0},         {"pool", "pool"},    {"board", "10.0.0.1"},
        {"uid", "2001"}, {"pool", "none"},     {"end", "10.0.0.1"}, {"launch", "build"},
        {"launches", 0}, {"board", "10.0.0.2"}};
    static const char *const words[] = {"pool",  "group", "user",   "board", "family",
                                        "trust", "uart",  "launch", "dir"};
    struct conf_lines found, lines;
    char value[CONF_WORD], name[CONF_NAME];
    struct conf c;
    unsigned i, n;

    if (conf_open(&c) < 0)
        return;
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        for (n = 0; n < sizeof words / sizeof *words; n++)
            if (conf_find(&c, keys[i][0], keys[i][1], &found) == 1)
                for (lines = found; conf_line(&lines, words[n], value);)
                    must(*value && strlen(value) < CONF_WORD, "a value is whole");
    for (i = 0; i < CONF_SETTINGS; i++) {
        n = conf_setting(&c, (int)i);
        must(n >= conf_settings[i].min && n <= conf_settings[i].max, "a setting is sane");
    }
    for (i = 2000; i < 2006; i++) {
        conf_may(&c, i, "pool", "pool");
        conf_may(&c, i, "launch", "build");
        conf_user(&c, i, name);
        must(*name && strlen(name) < CONF_NAME, "a user has a name");
    }
    conf_trusts(&c, "10.0.0.7");
    ask_sections(&c);
    ask_map(&c);
    conf_close(&c);
}

static void try_database(const char *model, size_t size)
{
    static char text[SIZE];
    char path[4096];
    size_t n = size;
    FILE *f;

    memcpy(text, model, n);
    if (random_below(2))
        n = mutate_often(text, n);
    else
        for (n = 1 + random_below(20); n; n--)
            text[random_below(size)] = (char)random_below(256);
    if (!n)
        n = size;
    if (roll_path(path, sizeof path, "config.cdb", 0) < 0 || !(f = fopen(path, "w")) ||
        fwrite(text, 1, n, f) != n || fclose(f) != 0)
        say_die_errno("unable to write the database");
    ask_all();
}

int main(int argc, char **argv)
{
    unsigned long count, seed = (unsigned long)time(0) ^ (unsigned long)getpid() << 20;
    char *model = 0, path[4096];
    size_t size = 0;
    int database;

    say_name("fuzz-conf", "fuzz-conf text|database COUNT [SEED]");
    if (argc < 3 || say_number(argv[2], 1, 1000000000, &count) < 0 ||
        (argv[3] && say_number(argv[3], 0, ~0ul, &seed) < 0))
        say_usage();
    database = strcmp(argv[1], "database") == 0;
    if (database && (roll_path(path, sizeof path, "config.cdb", 0) < 0 ||
                     whole_read(path, SIZE / 2, &model, &size) < 0))
        say_die_errno("unable to read the database");
    printf("seed %lu\n", seed);
    fflush(stdout);
    for (state = seed * 0x9e3779b97f4a7c15u + 1; count; count--)
        if (database)
            try_database(model, size);
        else
            try_text();
    free(model);
    return 0;
}

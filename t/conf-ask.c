/* conf-ask WORD ARGUMENT...: one call of lib/conf, lib/device, lib/launcher or
   lib/address, and its answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "conf.h"
#include "device.h"
#include "launcher.h"
#include "say.h"

static void answer(int result)
{
    if (result < 0)
        printf("%d %s\n", result, strerrorname_np(errno));
    else
        printf("%d\n", result);
}

static void ask_address(char **argv)
{
    char out[ADDRESS_MAX], host[ADDRESS_HOST];
    unsigned port;

    if (address_canonical(argv[0], (unsigned)atoi(argv[1]), out) < 0)
        answer(-1);
    else if (address_split(out, host, &port) < 0)
        say_die_errno("unable to split %s", out);
    else
        printf("%s %s %u\n", out, host, port);
}

static void ask_lines(struct conf *c, char **argv)
{
    struct conf_lines lines;
    char value[CONF_WORD];
    int found = conf_find(c, argv[0], *argv[1] ? argv[1] : 0, &lines);

    if (found != 1)
        answer(found);
    else
        while (conf_line(&lines, argv[2], value))
            puts(value);
}

static void ask_device(struct conf *c, const char *address)
{
    struct device d;
    unsigned i;
    int found = device_read(&d, c, address);

    if (found != 1) {
        answer(found);
        return;
    }
    printf("%s %s\n", d.address, d.pooled ? "pooled" : "alone");
    for (i = 0; i < d.uarts; i++)
        printf("uart %s\n", d.uart[i]);
    for (i = 0; i < d.fpgas; i++)
        printf("fpga %s\n", d.fpga[i]);
    printf("program <%s>\nreset <%s>\n", d.program, d.reset);
    for (i = 0; i < DEVICE_NUMBERS; i++)
        printf("%s %lu\n", device_numbers[i].name, d.number[i]);
}

static void ask_launcher(struct conf *c, const char *name)
{
    struct launcher l;
    unsigned i;
    int found = launcher_read(&l, c, name);

    if (found != 1) {
        answer(found);
        return;
    }
    printf("%s\ncommand <%s>\ndir <%s>\n", l.name, l.command, l.dir);
    for (i = 0; i < LAUNCHER_NUMBERS; i++)
        printf("%s %lu\n", launcher_numbers[i].name, l.number[i]);
}

int main(int argc, char **argv)
{
    char name[CONF_NAME];
    struct conf c;
    int opened;

    say_name("conf-ask", "conf-ask WORD ARGUMENT...");
    if (argc < 2)
        say_usage();
    if (strcmp(argv[1], "address") == 0 && argc == 4) {
        ask_address(argv + 2);
        return 0;
    }
    if (strcmp(argv[1], "takes") == 0 && argc == 4) {
        answer(device_takes(argv[2], argv[3]));
        return 0;
    }
    opened = conf_open(&c);
    if (strcmp(argv[1], "open") == 0 && argc == 2)
        answer(opened);
    else if (strcmp(argv[1], "setting") == 0 && argc == 3)
        printf("%u\n", conf_setting(&c, atoi(argv[2])));
    else if (strcmp(argv[1], "trusts") == 0 && argc == 3)
        answer(conf_trusts(&c, argv[2]));
    else if (strcmp(argv[1], "user") == 0 && argc == 3) {
        conf_user(&c, (uid_t)atoi(argv[2]), name);
        puts(name);
    } else if (opened < 0)
        say_die_errno("unable to open the config");
    else if (strcmp(argv[1], "device") == 0 && argc == 3)
        ask_device(&c, argv[2]);
    else if (strcmp(argv[1], "launcher") == 0 && argc == 3)
        ask_launcher(&c, argv[2]);
    else if (strcmp(argv[1], "lines") == 0 && argc == 5)
        ask_lines(&c, argv + 2);
    else if (strcmp(argv[1], "may") == 0 && argc == 5)
        answer(conf_may(&c, (uid_t)atoi(argv[2]), argv[3], argv[4]));
    else
        say_usage();
    conf_close(&c);
    return 0;
}

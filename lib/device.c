#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "slot.h"

const struct conf_setting device_numbers[DEVICE_NUMBERS] = {
    [DEVICE_BUFFERS] = {"buffers", 1, 64, 8},
    [DEVICE_LIMIT] = {"limit", 1, 1 << 28, 1 << 24},
    [DEVICE_QUEUE] = {"queue", 0, SLOT_QUEUE, 4},
    [DEVICE_TIMEOUT] = {"timeout", 0, 604800, 1800},
};

/* All values of a word into array, max elements of size bytes. Returns how many, or -1
   when the compiler cannot have written that. */
static int take(struct conf_lines lines, const char *word, char *array, unsigned max,
                size_t size)
{
    char value[CONF_WORD];
    unsigned n = 0;

    while (conf_line(&lines, word, value)) {
        if (n == max || strlen(value) >= size)
            return -1;
        strcpy(array + n++ * size, value);
    }
    return (int)n;
}

int device_read(struct device *d, struct conf *c, const char *address)
{
    struct conf_lines end, board;
    int found, pooled, uarts, fpgas;
    unsigned i;

    memset(d, 0, sizeof *d);
    found = strlen(address) < sizeof d->address ? conf_find(c, "end", address, &end) : 0;
    if (found != 1)
        return found;
    pooled = conf_find(c, "board", address, &board);
    if (pooled < 0)
        return -1;
    strcpy(d->address, address);
    d->pooled = pooled;
    uarts = take(end, "uart", d->uart[0], DEVICE_UARTS, sizeof d->uart[0]);
    fpgas = take(end, "fpga", d->fpga[0], DEVICE_FPGAS, sizeof d->fpga[0]);
    if (uarts < 0 || fpgas < 0 ||
        take(end, "program", d->program, 1, sizeof d->program) < 0 ||
        take(end, "reset", d->reset, 1, sizeof d->reset) < 0) {
        errno = EPROTO;
        return -1;
    }
    d->uarts = (unsigned)uarts;
    d->fpgas = (unsigned)fpgas;
    for (i = 0; i < DEVICE_NUMBERS; i++)
        d->number[i] = conf_number(end, &device_numbers[i]);
    return 1;
}

static const char *without_xc(const char *part)
{
    return strncasecmp(part, "xc", 2) == 0 ? part + 2 : part;
}

int device_takes(const char *fpga, const char *part)
{
    if (strcmp(fpga, "*") == 0)
        return 1;
    fpga = without_xc(fpga);
    return strncasecmp(without_xc(part), fpga, strlen(fpga)) == 0;
}

const char *device_slot(char *name, const char *address)
{
    snprintf(name, DEVICE_SLOT, "board:%s", address);
    return name;
}

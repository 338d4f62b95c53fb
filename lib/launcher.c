#include "launcher.h"

#include <string.h>

#include "slot.h"

const struct conf_setting launcher_numbers[LAUNCHER_NUMBERS] = {
    [LAUNCHER_WORKERS] = {"workers", 1, SLOT_WORKERS, 1},
    [LAUNCHER_QUEUE] = {"queue", 0, SLOT_QUEUE, 16},
    [LAUNCHER_TIMEOUT] = {"timeout", 0, 604800, 0},
};

int launcher_read(struct launcher *l, struct conf *c, const char *name)
{
    struct conf_lines found, lines;
    unsigned i;
    int k;

    memset(l, 0, sizeof *l);
    k = conf_is_name(name) ? conf_find(c, "launch", name, &found) : 0;
    if (k != 1)
        return k;
    strcpy(l->name, name);
    lines = found;
    conf_line(&lines, "command", l->command);
    lines = found;
    if (!conf_line(&lines, "dir", l->dir))
        strcpy(l->dir, "/");
    for (i = 0; i < LAUNCHER_NUMBERS; i++)
        l->number[i] = conf_number(found, &launcher_numbers[i]);
    return 1;
}

/* uart: lib/uart by hand, for the tests. `uart PATH RATE WAIT` opens a tty and prints
   `open`, or `error NAME` with the name of its errno, and ends. Then the commands from
   descriptor 0, one a line, until its end: `rate N` sets another rate: `ok` or `error
   NAME`; `has N`: 1 or 0; `read`: what is there, or `nothing`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "uart.h"

static void tell(int k, const char *good)
{
    if (k < 0)
        printf("error %s\n", strerrorname_np(errno));
    else
        puts(good);
}

int main(int argc, char **argv)
{
    char line[256], bytes[256];
    ssize_t n;
    int fd;

    say_name("uart", "uart PATH RATE WAIT");
    if (argc != 4)
        say_usage();
    setvbuf(stdout, 0, _IOLBF, 0);
    fd = uart_open(argv[1], (unsigned)atoi(argv[2]), atoi(argv[3]));
    tell(fd, "open");
    if (fd < 0)
        return SAY_NO;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "rate ", 5) == 0)
            tell(uart_set_rate(fd, (unsigned)atoi(line + 5)), "ok");
        else if (strncmp(line, "has ", 4) == 0)
            printf("%d\n", uart_has_rate((unsigned)strtoul(line + 4, 0, 10)));
        else {
            n = read(fd, bytes, sizeof bytes);
            if (n < 0 && errno == EAGAIN)
                puts("nothing");
            else if (n < 0)
                tell(-1, 0);
            else
                printf("%.*s\n", (int)n, bytes);
        }
    }
    uart_close(fd);
    return SAY_DONE;
}

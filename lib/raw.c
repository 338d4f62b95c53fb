#include "raw.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "pump.h"
#include "say.h"
#include "tty.h"

/* A process has one. */
static struct pump up, down;

static void run(struct relay *r, int fd)
{
    long long deadline = -1;
    int sending = 1;

    while (!r->over) {
        struct pollfd p[] = {sending ? pump_wants(&up) : (struct pollfd){.fd = -1},
                             pump_wants(&down),
                             {.fd = r->helper.fd, .events = POLLIN},
                             {.fd = 1}};
        int n = poll(p, 4, dial_left(deadline)), moved = 1;

        if (n == 0)
            relay_end(r, RELAY_LEFT, 0);
        if (n <= 0)
            continue;
        if (p[3].revents)
            relay_end(r, RELAY_GONE, 0);
        if (p[2].revents)
            relay_listen(r);
        if (p[0].revents && !r->over)
            moved = pump_move(&up);
        if (up.stopped)
            relay_end(r, RELAY_LEFT, 0);
        if (moved <= 0) {
            sending = 0;
            deadline = dial_now() + RELAY_LINGER;
            shutdown(fd, SHUT_WR);
        }
        if (!p[1].revents || r->over)
            continue;
        moved = pump_move(&down);
        if (moved < 0)
            relay_end(r, RELAY_GONE, 0);
        else if (moved == 0 && up.ended)
            relay_end(r, RELAY_LEFT, 0);
        else if (moved == 0)
            relay_end(r, RELAY_BOARD_LOST,
                      "disconnect the board has closed the connection");
    }
}

void raw_run(struct relay *r, int fd, struct relay_buffer *from)
{
    struct relay_buffer *in = &r->in;
    int terminal = tty_raw(0) == 0;

    if (terminal && memchr(in->data + in->at, RAW_ESCAPE, in->have - in->at)) {
        tty_restore();
        relay_end(r, RELAY_LEFT, 0);
        return;
    }
    if (terminal && isatty(2))
        dprintf(2, "Ctrl-] ends the session\r\n");
    pump_open(&up, 0, fd, terminal ? RAW_ESCAPE : -1, in->data + in->at,
              in->have - in->at);
    pump_open(&down, fd, 1, -1, from->data + from->at, from->have - from->at);
    up.ended = r->in_ended;
    run(r, fd);
    pump_close(&up);
    pump_close(&down);
    tty_restore();
}

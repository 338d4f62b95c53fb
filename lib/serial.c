#include "serial.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "client.h"
#include "dial.h"
#include "pump.h"
#include "say.h"
#include "uart.h"

enum { SOON = 200 /* milliseconds for the LF of a CR */ };

static struct pump up, down; /* to the UART, from it */

/* Let the client take the line usinguart before the first byte of the UART: an old one
   takes what arrives with it for part of the line, and drops it. */
static void let_it_read(void)
{
    long long deadline = dial_now() + 100;

    while (pump_unread(1) && dial_now() < deadline)
        poll(0, 0, 1);
    poll(0, 0, 20);
}

/* The first byte of a client whose line ended with CR: an LF that comes soon is of that
   line, one that comes later was typed. Returns whether it is here. */
static int first_byte(int fd, int soon)
{
    char c;
    ssize_t n = read(0, &c, 1);

    if (n != 1)
        return n == 0 || (errno != EAGAIN && errno != EINTR);
    if (c == '\n' && soon)
        return 1;
    pump_close(&up);
    pump_open(&up, 0, fd, -1, &c, 1);
    return 1;
}

static int timeout(const struct holder *h, long long deadline)
{
    int left = dial_left(deadline);

    return h && (left < 0 || left > HOLDER_LOOK) ? HOLDER_LOOK : left;
}

/* Has it sent some of what was unsent when this was last asked? At a slow rate, what the
   tty keeps takes minutes. */
static int still_sends(int fd, int *unsent)
{
    int before = *unsent;

    *unsent = uart_unsent(fd);
    return *unsent < before;
}

static enum serial_over run(int fd, unsigned uart, int cr, struct visit *v,
                            struct holder *h, void (*child)(void))
{
    long long deadline = -1, soon = dial_now() + SOON;
    int sending = 1, unsent = 0;

    for (;;) {
        struct pollfd p[] = {sending ? pump_wants(&up) : (struct pollfd){.fd = -1},
                             pump_wants(&down),
                             {.fd = client.signals, .events = POLLIN},
                             {.fd = h ? h->fd : -1, .events = POLLIN},
                             {.fd = 1}};
        int n = poll(p, 5, timeout(h, deadline)), happened = client_signals(), moved = 1;

        if (happened & CLIENT_END)
            return SERIAL_ENDED;
        if (happened & CLIENT_CHILD)
            child();
        if (happened & CLIENT_WANTED && !sending && client.wanted == (int)uart)
            return SERIAL_LEFT;
        if (happened & CLIENT_UARTS && uart_set_rate(fd, visit_rate(v, uart)))
            say_warn_errno("unable to set UART %u to %u baud", uart, visit_rate(v, uart));
        if (h && holder_lost(h, n > 0 && p[3].revents))
            return SERIAL_TAKEN;
        if (deadline >= 0 && dial_now() >= deadline) {
            if (!still_sends(fd, &unsent))
                return SERIAL_LEFT;
            deadline = dial_now() + SERIAL_LINGER;
        }
        if (n <= 0)
            continue;
        if (p[4].revents)
            return SERIAL_GONE;
        if (p[0].revents && cr)
            cr = !first_byte(fd, dial_now() < soon);
        else if (p[0].revents)
            moved = pump_move(&up);
        if (moved <= 0) {
            if (sending)
                visit_linger(v);
            sending = 0;
            unsent = uart_unsent(fd);
            deadline = dial_now() + SERIAL_LINGER;
        }
        if (!p[1].revents)
            continue;
        moved = pump_move(&down);
        if (moved <= 0)
            return moved < 0 ? SERIAL_GONE : SERIAL_LOST;
    }
}

enum serial_over serial_run(int fd, unsigned uart, int cr, struct visit *v,
                            struct holder *h, void (*child)(void))
{
    enum serial_over over;

    let_it_read();
    if (cr && client.at < client.have) {
        client.at += client.in[client.at] == '\n';
        cr = 0;
    }
    pump_open(&up, 0, fd, -1, client.in + client.at, client.have - client.at);
    pump_open(&down, fd, 1, -1, "", 0);
    up.ended = client.ended;
    over = run(fd, uart, cr, v, h, child);
    pump_close(&up);
    pump_close(&down);
    return over;
}

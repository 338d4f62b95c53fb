/* The helper for one connection to one board. What it holds, locks on rolls and on a
   UART, ends with it; whom it serves, the board's roll says, all the time. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "lines.h"
#include "message.h"
#include "program.h"
#include "say.h"
#include "serial.h"
#include "stay.h"
#include "tidy.h"
#include "uart.h"

enum { PREDECESSOR = 500 /* milliseconds for who is just leaving a UART */ };

static struct lines lines;
static int cr; /* the last line ended with CR */

static int find_uart(const char *word, unsigned long *n)
{
    return stay.device.uarts ? say_number(word, 0, stay.device.uarts - 1, n) : -1;
}

static int no_such_uart(void)
{
    return client_say("error %s there is no such UART: this board has %u, from 0 on",
                      message_code(MESSAGE_NOUART), stay.device.uarts);
}

/* What programs the FPGAs, in a word: the program's name. */
static void driver(char *out, size_t size)
{
    const char *at = stay.device.program;
    size_t n = strcspn(at, " \t");
    const char *slash = memrchr(at, '/', n);

    if (slash) {
        n -= (size_t)(slash + 1 - at);
        at = slash + 1;
    }
    snprintf(out, size, "%.*s", n ? (int)n : 4, n ? at : "none");
}

static int do_check(char **word)
{
    unsigned running = 0, waiting = 0;
    char by[CONF_WORD];
    pid_t runner;

    (void)word;
    driver(by, sizeof by);
    client_say("boardinfo vlab board %s", stay.device.address);
    for (unsigned i = 0; i < stay.device.fpgas; ++i)
        client_say("fpgainfo %u %s %s", i, by, stay.device.fpga[i]);
    if (program_state(&stay.device, &running, &waiting, &runner))
        say_warn_errno("unable to see what is done to %s", stay.device.address);
    return client_say("activityinfo %u %u", running, waiting);
}

static int do_setuart(char **word)
{
    unsigned long n, rate;

    if (find_uart(word[1], &n))
        return no_such_uart();
    if (say_number(word[2], 1, 100000000, &rate) || !uart_has_rate((unsigned)rate))
        return client_error(MESSAGE_BADBAUD, "BAUD is a standard rate, 300 to 4000000");
    if (visit_set_rate(&stay.visit, (unsigned)n, (unsigned)rate)) {
        say_warn_errno("unable to keep the rate of UART %lu of %s", n,
                       stay.device.address);
        return client_error(MESSAGE_UNKNOWN, 0);
    }
    return client_say("ok UART %lu at %lu baud", n, rate);
}

/* Who lingers there makes room for us, when told. */
static int open_uart(unsigned n)
{
    unsigned rate = visit_rate(&stay.visit, n);
    int fd = uart_open(stay.device.uart[n], rate, 0);

    if (fd >= 0 || errno != EBUSY)
        return fd;
    visit_want(&stay.visit, n);
    return uart_open(stay.device.uart[n], rate, PREDECESSOR);
}

static int refuse_uart(unsigned n)
{
    if (errno == EBUSY)
        return client_error(MESSAGE_BUSY, "this UART is in use");
    say_warn_errno("unable to open UART %u of %s, %s", n, stay.device.address,
                   stay.device.uart[n]);
    if (errno == EINVAL)
        return client_error(MESSAGE_BADBAUD, "this UART does not have this rate");
    return client_error(MESSAGE_NOUART,
                        errno == EACCES
                            ? "this UART cannot be opened: tell the administrator"
                            : "this UART is not there now");
}

/* usinguart goes out in a write of its own, and nothing of ours behind it. */
static int do_useuart(char **word)
{
    unsigned long n;

    if (find_uart(word[1], &n))
        return no_such_uart();
    stay.uart = open_uart((unsigned)n);
    if (stay.uart < 0)
        return refuse_uart((unsigned)n);
    stay.raw = 1;
    stay_send();
    client_say("usinguart");
    stay_send();
    switch (serial_run(stay.uart, (unsigned)n, cr, &stay.visit,
                       stay.us.bound ? &stay.us.holder : 0, program_reap)) {
    case SERIAL_LOST:
        say_warn("UART %lu of %s, %s, is gone", n, stay.device.address,
                 stay.device.uart[n]);
        stay_leave(SAY_DONE, "the UART is gone");
    case SERIAL_ENDED:
        stay_leave_ended();
    case SERIAL_TAKEN:
        stay_leave_taken();
    default:
        stay_leave(SAY_DONE, 0);
    }
}

static int do_loadbits(char **word)
{
    load_begin(&stay.load, word[1]);
    return 0;
}

static int do_showbits(char **word)
{
    (void)word;
    load_show(&stay.load);
    return 0;
}

/* An old client waits for two answers, unless the first is an error. */
static int do_program(char **word)
{
    unsigned long fpga, bid;
    enum message_code code;

    if (say_number(word[2], 0, -1ul, &bid))
        return client_error(MESSAGE_COMMAND, "usage: program FPGA BID");
    if (say_number(word[1], 0, DEVICE_FPGAS, &fpga))
        return client_error(MESSAGE_NOSUCHFPGA, 0);
    code = program_ask(&stay.device, &stay.store, stay.us.uid, stay.name, fpga, bid);
    if (code == MESSAGE_NONE)
        return client_say("ok queued");
    if (code != MESSAGE_DENIED && code != MESSAGE_WRONGDRIVER)
        return client_error(code, 0);
    client_say("ok refused");
    return client_say("programfailed %lu %s", bid, message_code(code));
}

static int do_jdw(char **word)
{
    (void)word;
    return client_error(MESSAGE_NOJTAG, 0);
}

static int do_help(char **word)
{
    (void)word;
    return client_say("ok check setuart useuart loadbits program showbits help rem quit");
}

static int do_rem(char **word)
{
    (void)word;
    return 0;
}

static const struct {
    const char *name;
    int (*run)(char **word);
    int words; /* with its name; 0: any number */
    const char *usage;
} commands[] = {{"check", do_check, 1, "usage: check"},
                {"setuart", do_setuart, 3, "usage: setuart UART BAUD"},
                {"useuart", do_useuart, 2, "usage: useuart UART"},
                {"loadbits", do_loadbits, 2, "usage: loadbits NBITS"},
                {"program", do_program, 3, "usage: program FPGA BID"},
                {"showbits", do_showbits, 1, "usage: showbits"},
                {"jdw", do_jdw, 0, 0},
                {"help", do_help, 1, "usage: help"},
                {"rem", do_rem, 0, 0}};

static int obey(char *line)
{
    char *word[4];
    int n = message_split(line, word, 4);

    if (n == 0)
        return 0;
    if (message_is_quit(word[0]))
        stay_leave(SAY_DONE, 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i)
        if (message_is(word[0], commands[i].name))
            return commands[i].words && n != commands[i].words
                       ? client_error(MESSAGE_COMMAND, commands[i].usage)
                       : commands[i].run(word);
    return client_error(MESSAGE_COMMAND, 0);
}

/* What the client sent, up to a line, or all that is of a bit file. The LF of a CR LF
   belongs to the line, also where bytes are no lines. */
static void hear(void)
{
    const char *data = client.in + client.at;
    size_t n = client.have - client.at;

    if (stay.load.left) {
        client.at += cr && *data == '\n' ? 1 : load_feed(&stay.load, data, n);
        cr = 0;
        return;
    }
    n = lines_feed(&lines, data, n);
    client.at += n;
    if (!lines.whole)
        return;
    cr = data[n - 1] == '\r';
    obey(lines.text);
}

int main(int argc, char **argv)
{
    char address[ADDRESS_MAX];
    struct conf conf;
    int c, to_syslog = 1;

    say_name("vlab-board", "vlab-board [-e] address\n\n"
                           "Serve one connection to a board; see vlab-board(8).");
    while ((c = say_options(argc, argv, "e")) != -1)
        to_syslog = 0;
    if (argc - optind != 1)
        say_usage();
    if (tidy_descriptors())
        say_die_errno("unable to put the descriptors in order");
    if (to_syslog) {
        say_to_syslog();
        if (tidy_messages())
            say_die_errno("unable to use /dev/null");
    }
    conf_open(&conf);
    if (address_canonical(argv[optind], conf_setting(&conf, CONF_PORT), address))
        say_die(
            SAY_USAGE,
            "%s is no address of a board: it is HOST, HOST:PORT, [IPV6] or [IPV6]:PORT",
            argv[optind]);
    if (client_open())
        say_die_errno("unable to use the connection");
    stay_begin(address, &conf);
    for (;;) {
        while (client.at < client.have && client_room() >= CLIENT_REPLY)
            hear();
        if (client.ended && client.at == client.have)
            stay_finish();
        stay_wait();
    }
}

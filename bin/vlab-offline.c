/* vlab-offline: take a board out of service, or put it back. */
#include <time.h>

#include "address.h"
#include "board.h"
#include "conf.h"
#include "must.h"
#include "say.h"
#include "text.h"

/* The header holds `offline UNTIL REASON`. */
enum { REASON = ROLL_TEXT - sizeof "offline 9223372036854775807 " };

static const unsigned long longest = 10 * 366 * 86400UL;

/* What the config calls it. Dies when it is none of its boards. */
static void name_board(const char *text, char *address)
{
    struct conf_lines lines;
    struct conf c;
    int found;

    must_conf(&c);
    must_address(&c, text, address);
    found = conf_find(&c, "board", address, &lines);
    if (found < 0)
        say_die_errno("unable to read the config");
    if (!found)
        must_no_board(&c, text, address);
    conf_close(&c);
}

int main(int argc, char **argv)
{
    char address[ADDRESS_MAX], reason[REASON] = "maintenance";
    unsigned long seconds = 0;
    int c, k, clear = 0, mark = 0;
    struct owner owner;
    struct roll r;

    say_name("vlab-offline",
             "vlab-offline [-m reason] [-t seconds] board\n"
             "vlab-offline -c board\n\n"
             "Take a board out of service, or put it back; see vlab-offline(8).");
    while ((c = say_options(argc, argv, "cm:t:")) != -1) {
        if (c == 'c')
            clear = 1;
        else
            mark = 1;
        if (c == 'm' && text_copy(reason, sizeof reason, optarg))
            say_die(SAY_USAGE, "the reason is longer than %d characters", REASON - 1);
        if (c == 't' && say_number(optarg, 1, longest, &seconds))
            say_die(SAY_USAGE, "-t %s: not a number of seconds from 1 to %lu", optarg,
                    longest);
    }
    if (argc - optind != 1 || (clear && mark))
        say_usage();
    must_own(&owner);
    name_board(argv[optind], address);
    if (board_open(&r, address, ROLL_WRITE))
        must_fail("board", address);
    if (clear)
        k = board_set_online(&r);
    else
        k = board_set_offline(&r, seconds ? time(0) + (long long)seconds : 0, reason, 0);
    if (k < 0)
        say_die_errno("unable to write the mark of %s", address);
    if (clear && k == 0)
        say_die(SAY_NO, "%s is not offline", address);
    return SAY_DONE;
}

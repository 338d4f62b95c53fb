/* judge: were there ever two users on one board? For the tests. It reads what the clients
   of t/storm know, one proof a line, and finds two that cannot both be:

       BOARD UID FRESH ASKED FROM TO

   A client that has heard `boardassign` knows that its helper got the board at some
   moment since it asked (ASKED to FROM, in nanoseconds). It does not know that the helper
   still lives: that may have been killed while the answer was on its way. But if the
   helper answers a question that was sent later, then it lived, and held the board, until
   that question was sent: the last such moment is TO, 0 if there was none. So nobody
   needs to know who was killed, and when. FRESH: it asked for a board that nobody held,
   not even its own user. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "say.h"

enum { MOST = 1000000 };

struct proof {
    char board[48];
    unsigned long uid;
    int fresh;
    long long asked, from, to;
};

static int by_board_and_time(const void *a, const void *b)
{
    const struct proof *x = a, *y = b;
    int k = strcmp(x->board, y->board);

    return k ? k : x->from < y->from ? -1 : x->from > y->from;
}

/* x was heard of first. Both had it at one time; or x had it all the while in which y got
   it. */
static int exclude(const struct proof *x, const struct proof *y)
{
    if (x->uid != y->uid && y->to > y->from && y->from < x->to)
        return 1;
    return (x->uid != y->uid || y->fresh) && x->from <= y->asked && y->from <= x->to;
}

static void print(const char *what, const struct proof *p)
{
    printf("%s: %s uid %lu%s asked %lld from %lld to %lld\n", what, p->board, p->uid,
           p->fresh ? " new" : "", p->asked, p->from, p->to);
}

int main(void)
{
    struct proof *p = calloc(MOST, sizeof *p);
    size_t n = 0, i, k, proven = 0;

    say_name("judge", "judge");
    if (!p)
        say_die_errno("no memory");
    while (n < MOST && scanf("%47s %lu %d %lld %lld %lld", p[n].board, &p[n].uid,
                             &p[n].fresh, &p[n].asked, &p[n].from, &p[n].to) == 6)
        proven += p[n++].to > 0;
    if (n == MOST || !feof(stdin))
        say_die(SAY_SYSTEM, "proof %zu is too much, or no proof", n + 1);
    qsort(p, n, sizeof *p, by_board_and_time);
    for (i = 0; i < n; ++i)
        for (k = i + 1; k < n && p[k].from <= p[i].to; ++k) {
            if (strcmp(p[k].board, p[i].board) != 0)
                break;
            if (exclude(p + i, p + k)) {
                print("this", p + i);
                print("and this", p + k);
                say_die(SAY_NO, "two users on one board");
            }
        }
    printf("%zu grants, %zu of them proven to have lasted\n", n, proven);
    free(p);
    return SAY_DONE;
}

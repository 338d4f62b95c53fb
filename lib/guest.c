#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "say.h"

static struct roll node = {.fd = -1};
static volatile sig_atomic_t told;

/* Does his node call its users home, as its root has said? Then nothing new begins. */
static int is_called(const struct member_guest *g, struct member *his)
{
    return g->node && g->kind != MEMBER_DUCT && member_look(g->node, his) == 0 &&
           his->is_member && his->state != MEMBER_UP;
}

enum message_code guest_join(const struct member_guest *g, const char **why)
{
    static char text[MEMBER_REFUSAL];
    struct member m = {0};
    int k;
    if (is_called(g, &m)) {
        *why = member_refusal(text, m.node, m.state, m.reason);
        return MESSAGE_BLOCKED;
    }
    k = member_self(&m);
    if (k == 1 && member_join(&node, m.node, g, &m) == 0)
        return MESSAGE_NONE;
    if (k == 0 || (k == 1 && errno == EAGAIN)) {
        *why = member_refusal(text, k ? m.node : 0, m.state, m.reason);
        return MESSAGE_BLOCKED;
    }
    say_warn_errno("unable to join the roll of this node");
    *why = "the helper cannot use its rolls: run vlab-compile-config";
    return MESSAGE_CONFIG;
}

static void on_usr1(int sig)
{
    (void)sig;
    told = 1;
}

int guest_listen(void)
{
    struct sigaction a = {.sa_handler = on_usr1};
    sigemptyset(&a.sa_mask);
    return sigaction(SIGUSR1, &a, 0);
}

int guest_told(char *note, int any)
{
    if (node.fd < 0 || (!told && !any))
        return 0;
    told = 0;
    if (roll_read_note(&node, note) || !*note)
        return 0;
    roll_note(&node, node.record, "");
    return 1;
}

int guest_stay(void)
{
    return fcntl(node.fd, F_SETFD, 0);
}

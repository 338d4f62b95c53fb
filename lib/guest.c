#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "say.h"

static struct roll node = {.fd = -1};

enum message_code guest_join(const struct member_guest *g, const char **why)
{
    static char text[MEMBER_REASON + 64];
    struct member m;
    int k = member_self(&m);
    *why = text;
    if (k == 0) {
        snprintf(text, sizeof text, "this host is no node now");
        return MESSAGE_BLOCKED;
    }
    if (k == 1 && member_join(&node, m.node, g, &m) == 0)
        return MESSAGE_NONE;
    if (k == 1 && errno == EAGAIN) {
        snprintf(text, sizeof text, "node %u is %s%s%s", m.node,
                 member_state_word(m.state), *m.reason ? ": " : "", m.reason);
        return MESSAGE_BLOCKED;
    }
    say_warn_errno("unable to join the roll of this node");
    *why = "the helper cannot use its rolls: run vlab-compile-config";
    return MESSAGE_CONFIG;
}

int guest_stay(void)
{
    return fcntl(node.fd, F_SETFD, 0);
}

#include "admit.h"

#include "say.h"

static int refuse(struct admit *a, enum message_code code, const char *text)
{
    a->code = code;
    a->text = text;
    return -1;
}

int admit(struct admit *a, const struct peer *peer, const struct device *d)
{
    int trusted = peer->how == PEER_TRUSTED, held = 0;
    int anybody = trusted || peer->how == PEER_HAND || peer_is_root(peer);

    a->bound = 0;
    a->holder.fd = -1;
    a->holder.address = 0;
    if (peer->how == PEER_STRANGER) {
        say_warn("refused a connection from %s: not trusted", peer->from);
        return refuse(a, MESSAGE_PERMISSION, "this host is not trusted");
    }
    if (d->pooled)
        held = holder_open(&a->holder, d->address);
    if (held < 0) {
        say_warn_errno("unable to read the roll board/%s", d->address);
        return refuse(a, MESSAGE_CONFIG, "the board's roll cannot be read");
    }
    if (held && (anybody || peer->uid == a->holder.uid)) {
        a->uid = a->holder.uid;
        a->bound = trusted || !anybody;
        return 0;
    }
    if (anybody && !(trusted && d->pooled)) {
        a->uid = d->pooled ? peer->uid : (uid_t)-1;
        return 0;
    }
    if (trusted)
        say_warn("refused %s: nobody holds %s", peer->from, d->address);
    else
        say_warn("refused uid %lu (%s): %s holds %s", (unsigned long)peer->uid,
                 peer->from, held ? "somebody else" : "nobody", d->address);
    return refuse(a, MESSAGE_PERMISSION, "you do not hold this board");
}

int admit_still(const struct admit *a)
{
    uid_t uid;
    int k;

    if (!a->holder.address)
        return 1;
    k = holder_now(&a->holder, &uid);
    return k == 1 ? uid == a->uid : k == 0 && !a->bound;
}

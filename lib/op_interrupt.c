/* Who waits has got a signal. Of what may take for ever he hears at once; of all else
   only who dies of it: stat(2) is not interrupted elsewhere, and who has a timer is not
   prepared for that. The kernel tells of the first signal alone, so there is another
   look. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dial.h"
#include "op.h"

enum { AGAIN = 500, /* milliseconds until there is another look */ KILL = 9 };

void op_flush_calls(struct op *op)
{
    for (int i = 0; i < OP_CALLS; i++)
        if (op->said[i] && op->tag[i] >= 0 &&
            call_flush(&op->m->calls, (unsigned)op->tag[i]))
            op->m->interrupts = 1;
}

/* Whoever dies of a signal has a SIGKILL to come. Of who cannot be seen it may be. */
static int dies(pid_t pid)
{
    char path[40], line[128];
    int known = 0, kill = 0;
    FILE *f;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "SigPnd:", 7) || !strncmp(line, "ShdPnd:", 7)) {
            known = 1;
            kill |= strtoull(line + 7, 0, 16) >> (KILL - 1) & 1;
        }
    if (f)
        fclose(f);
    return kill || !known;
}

static void interrupt(struct op *op, long long now)
{
    struct mount *m = op->m;
    if (!op->patient && !dies(fuse_req_ctx(op->req)->pid))
        m->look = now + AGAIN;
    else if (op->out)
        op_flush_calls(op);
    else if (op->queue)
        op_fail(op, EINTR);
}

void ops_interrupt(struct mount *m)
{
    long long now;
    if (!m->interrupts && m->look < 0)
        return;
    now = dial_now();
    if (!m->interrupts && now < m->look)
        return;
    m->interrupts = 0;
    m->look = -1;
    for (struct op *op = m->all, *next; op; op = next) {
        next = op->all_next;
        if (op->interrupted && op->req && (op->patient || op->asks))
            interrupt(op, now);
    }
}

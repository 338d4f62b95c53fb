#include "notice.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "marks.h"
#include "queue.h"
#include "rolls.h"
#include "user.h"
#include "wall.h"

int notice_signal(int sig)
{
    DIR *users = rolls_open("user");
    const char *uid;
    int saved = 0;

    if (!users)
        return -1;
    while ((uid = rolls_next(users)))
        if (user_tell(uid, sig, 0))
            saved = errno;
    if (errno)
        saved = errno;
    closedir(users);
    errno = saved;
    return saved ? -1 : 0;
}

int notice_all(const char *text)
{
    char line[WALL_TEXT];

    snprintf(line, sizeof line, "%.*s", WALL_TEXT - 1, text);
    return wall_say(line) ? -1 : notice_signal(SIGUSR1);
}

/* Has the pool a board at the node, and a line? */
static int is_waited_for(struct conf *c, const char *pool, unsigned node)
{
    struct conf_lines lines;
    char board[CONF_WORD];
    struct queue q;
    int k = conf_find(c, "pool", pool, &lines), found = 0;

    while (k == 1 && !found && conf_line(&lines, "board", board))
        found = marks_at(c, board, node);
    if (!found)
        return 0;
    if (queue_open(&q, "line", pool, ROLL_READ))
        return errno == ENOENT ? 0 : -1;
    k = queue_anybody(&q);
    queue_close(&q);
    return k;
}

int notice_waiters(struct conf *c, const struct member *m)
{
    char text[MEMBER_REFUSAL];
    DIR *lines = rolls_open("line");
    const char *pool;
    int k = 0;

    if (!lines)
        return -1;
    while (k == 0 && (pool = rolls_next(lines)))
        k = is_waited_for(c, pool, m->node);
    closedir(lines);
    if (k <= 0)
        return k;
    member_refusal(text, m->node, m->state, m->reason);
    return notice_all(text) ? -1 : 1;
}

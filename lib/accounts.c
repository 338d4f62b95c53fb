#include "accounts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* A pair to be looked up by its key: a member's name in a group, or a gid's group. */
struct pair {
    unsigned long key;
    unsigned group;
};

struct pairs {
    struct pair *list;
    size_t count;
};

struct reader {
    struct accounts *a;
    const struct names *groups, *users;
    struct names members; /* everybody the groups name */
    struct pairs by_member, by_gid;
};

static int add_pair(struct pairs *p, unsigned long key, unsigned group)
{
    void *grown = names_grow(p->list, p->count, sizeof *p->list);

    if (!grown)
        return -1;
    p->list = grown;
    p->list[p->count++] = (struct pair){key, group};
    return 0;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

static void sort_pairs(struct pairs *p)
{
    if (p->count)
        qsort(p->list, p->count, sizeof *p->list, compare_pairs);
}

/* The first pair whose key is not below key; p->count if there is none. */
static size_t first_pair(const struct pairs *p, unsigned long key)
{
    size_t low = 0, high = p->count, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        if (p->list[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same group may come several times, from several databases. */
static int take_group(struct reader *r, const struct group *gr)
{
    unsigned group = names_find(r->groups, gr->gr_name), member;
    char **m;

    if (group == NAMES_NONE)
        return 0;
    r->a->known_groups[group] = 1;
    if (add_pair(&r->by_gid, gr->gr_gid, group) < 0)
        return -1;
    for (m = gr->gr_mem; *m; m++) {
        member = names_add(&r->members, *m);
        if (member == NAMES_NONE || add_pair(&r->by_member, member, group) < 0)
            return -1;
    }
    return 0;
}

static int add_account(struct accounts *a, uid_t uid, unsigned kind, unsigned name)
{
    void *grown = names_grow(a->list, a->count, sizeof *a->list);

    if (!grown)
        return -1;
    a->list = grown;
    a->list[a->count++] = (struct account){uid, kind, name};
    return 0;
}

static int add_groups(struct accounts *a, uid_t uid, const struct pairs *p,
                      unsigned long key)
{
    size_t i;

    for (i = first_pair(p, key); i < p->count && p->list[i].key == key; i++)
        if (add_account(a, uid, ACCOUNTS_GROUP, p->list[i].group) < 0)
            return -1;
    return 0;
}

/* Of two users with one name only the first counts: it is the one everybody else finds.
 */
static int take_user(struct reader *r, const struct passwd *pw)
{
    struct accounts *a = r->a;
    unsigned before = a->users.count, number = names_add(&a->users, pw->pw_name);
    unsigned user = names_find(r->users, pw->pw_name);
    unsigned member = names_find(&r->members, pw->pw_name);
    size_t had = a->count;

    if (number != before)
        return number == NAMES_NONE ? -1 : 0;
    if (add_groups(a, pw->pw_uid, &r->by_gid, pw->pw_gid) < 0 ||
        (member != NAMES_NONE && add_groups(a, pw->pw_uid, &r->by_member, member) < 0))
        return -1;
    if (user != NAMES_NONE)
        a->known_users[user] = 1;
    if (user == NAMES_NONE && a->count == had)
        return 0;
    return add_account(a, pw->pw_uid, ACCOUNTS_USER, number);
}

/* Is errno what the end of a database leaves behind? getpwent(3) names the others. */
static int at_end(void)
{
    return errno != EINTR && errno != EIO && errno != EMFILE && errno != ENFILE &&
           errno != ENOMEM && errno != ERANGE;
}

static int read_groups(struct reader *r, FILE *file)
{
    struct group *gr;
    int ok;

    if (!file)
        setgrent();
    while (errno = 0, (gr = file ? fgetgrent(file) : getgrent()))
        if (take_group(r, gr) < 0)
            return -1;
    ok = at_end();
    if (!file)
        endgrent();
    return ok ? 0 : -1;
}

static int read_users(struct reader *r, FILE *file)
{
    struct passwd *pw;
    int ok;

    if (!file)
        setpwent();
    while (errno = 0, (pw = file ? fgetpwent(file) : getpwent()))
        if (take_user(r, pw) < 0)
            return -1;
    ok = at_end();
    if (!file)
        endpwent();
    return ok ? 0 : -1;
}

static int compare_accounts(const void *a, const void *b)
{
    const struct account *x = a, *y = b;

    if (x->uid != y->uid)
        return x->uid < y->uid ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

static void sort_accounts(struct accounts *a)
{
    size_t from, to = 0;

    if (a->count)
        qsort(a->list, a->count, sizeof *a->list, compare_accounts);
    for (from = 0; from < a->count; from++) {
        if (to && compare_accounts(&a->list[to - 1], &a->list[from]) == 0)
            continue;
        if (!to || a->list[to - 1].uid != a->list[from].uid)
            a->uids++;
        a->list[to++] = a->list[from];
    }
    a->count = to;
}

int accounts_read(struct accounts *a, const struct names *groups,
                  const struct names *users, FILE *passwd, FILE *group)
{
    struct reader r = {.a = a, .groups = groups, .users = users};
    int result = -1;

    memset(a, 0, sizeof *a);
    a->known_groups = calloc((size_t)groups->count + 1, 1);
    a->known_users = calloc((size_t)users->count + 1, 1);
    if (a->known_groups && a->known_users && read_groups(&r, group) == 0) {
        sort_pairs(&r.by_gid);
        sort_pairs(&r.by_member);
        result = read_users(&r, passwd);
    }
    if (result == 0)
        sort_accounts(a);
    names_free(&r.members);
    free(r.by_member.list);
    free(r.by_gid.list);
    return result;
}

void accounts_free(struct accounts *a)
{
    names_free(&a->users);
    free(a->list);
    free(a->known_groups);
    free(a->known_users);
}

#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 4096 };

struct splitter {
    const char *at; /* the rest of the text */
    const char *letters;
    const char *const *values; /* 0: all are empty */
    char *to;                  /* the rest of the room */
    size_t left;
    int first; /* is it the first word? */
};

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *put(struct splitter *s, const char *bytes, size_t n)
{
    if (n > s->left)
        return "too long";
    memcpy(s->to, bytes, n);
    s->to += n;
    s->left -= n;
    return 0;
}

/* What is behind a %. */
static const char *value(struct splitter *s)
{
    static char what[64];
    const char *letter, *text;
    char c = *s->at;

    if (c == '%')
        return put(s, s->at++, 1);
    letter = c ? strchr(s->letters, c) : 0;
    if (!letter) {
        if (c > ' ' && c <= '~')
            snprintf(what, sizeof what, "%%%c means nothing, write %%%% for %%", c);
        else
            snprintf(what, sizeof what, "%% alone means nothing, write %%%% for %%");
        return what;
    }
    if (s->first)
        return "the program is not for the user to choose: its word has a %";
    s->at++;
    text = s->values ? s->values[letter - s->letters] : "";
    return put(s, text, strlen(text));
}

/* A word, up to the white space behind it. Returns 0, or what is wrong. */
static const char *word(struct splitter *s)
{
    const char *what = 0;
    char quote = 0;

    while (!what && *s->at && (quote || !is_space(*s->at))) {
        char c = *s->at++;

        if (quote ? c == quote : c == '\'' || c == '"')
            quote = quote ? 0 : c;
        else if (c == '%')
            what = value(s);
        else
            what = put(s, &c, 1);
    }
    if (what)
        return what;
    return quote ? "a quote is not closed" : put(s, "", 1);
}

static const char *split(struct splitter *s, char **argv, int *count)
{
    const char *what;

    for (*count = 0;; ++*count) {
        while (is_space(*s->at))
            s->at++;
        if (!*s->at)
            break;
        if (*count == WORDS_MAX)
            return "too many words";
        argv[*count] = s->to;
        s->first = *count == 0;
        what = word(s);
        if (what)
            return what;
    }
    argv[*count] = 0;
    if (*count == 0 || *argv[0] == 0)
        return "there is no program in it";
    if (*argv[0] != '/' && strchr(argv[0], '/'))
        return "the program is neither an absolute path nor a plain name";
    return 0;
}

int words_check(const char *text, const char *letters, const char **what)
{
    char room[ROOM], *argv[WORDS_MAX + 1];
    struct splitter s = {.at = text, .letters = letters, .to = room, .left = sizeof room};
    int count;

    *what = split(&s, argv, &count);
    return *what ? -1 : 0;
}

int words_split(const char *text, const char *letters, const char *const *values,
                char *room, size_t size, char **argv)
{
    struct splitter s = {
        .at = text, .letters = letters, .values = values, .to = room, .left = size};
    const char *what;
    int count;

    /* When it could be split into enough room, it was the room. */
    if (!split(&s, argv, &count))
        return count;
    errno = words_check(text, letters, &what) < 0 ? EINVAL : E2BIG;
    return -1;
}

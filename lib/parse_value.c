#include "parse.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <fmt.h>

#include "address.h"
#include "map.h"
#include "say.h"
#include "shown.h"
#include "words.h"

const char *parse_shown(const char *text)
{
    static char out[96];

    return say_escape(out, sizeof out, text);
}

int parse_take_name(const struct parse_value *v, char *out)
{
    if (conf_is_name(v->text)) {
        strcpy(out, v->text);
        return 0;
    }
    errors_add(v->errors, v->line,
               "bad %s name \"%s\": it is 1 to %d characters of A-Z a-z 0-9 . _ -, "
               "not beginning with . or -",
               v->what, parse_shown(v->text), CONF_NAME - 1);
    return -1;
}

int parse_take_address(const struct parse_value *v, char *out)
{
    if (address_canonical(v->text, v->port, out) == 0)
        return 0;
    errors_add(v->errors, v->line, "bad address \"%s\": %s", parse_shown(v->text),
               errno == ERANGE ? "a port is a number from 1 to 65535"
                               : "write HOST, HOST:PORT, [IPV6] or [IPV6]:PORT");
    return -1;
}

int parse_take_ip(const struct parse_value *v, char *out)
{
    if (address_ip(v->text, out) == 0)
        return 0;
    errors_add(v->errors, v->line, "bad address \"%s\": \"%s\" is an IP address",
               parse_shown(v->text), v->what);
    return -1;
}

int parse_take_number(const struct parse_value *v, char *out)
{
    const struct conf_setting *s = v->key->number;
    unsigned long n;

    if (say_number(v->text, s->min, s->max, &n) == 0) {
        out[fmt_ulong(out, n)] = 0;
        return 0;
    }
    errors_add(v->errors, v->line, "%s \"%s\": \"%s\" is a number from %lu to %lu",
               errno == ERANGE ? "out of range" : "bad number", parse_shown(v->text),
               v->what, s->min, s->max);
    return -1;
}

/* Copy a text of any characters that can be seen. */
static int take_text(const struct parse_value *v, char *out)
{
    const char *c;

    for (c = v->text; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127) {
            errors_add(v->errors, v->line, "control character in \"%s\"",
                       parse_shown(v->text));
            return -1;
        }
    if (c - v->text >= CONF_WORD) {
        errors_add(v->errors, v->line, "\"%s\" is too long: at most %d characters",
                   v->what, CONF_WORD - 1);
        return -1;
    }
    strcpy(out, v->text);
    return 0;
}

int parse_take_path(const struct parse_value *v, char *out)
{
    if (*v->text == '/')
        return take_text(v, out);
    errors_add(v->errors, v->line, "bad path \"%s\": \"%s\" is an absolute path",
               parse_shown(v->text), v->what);
    return -1;
}

/* An xc alone would fit all parts, as it does not count. */
int parse_take_part(const struct parse_value *v, char *out)
{
    if ((conf_is_name(v->text) && strcasecmp(v->text, "xc") != 0) ||
        strcmp(v->text, "*") == 0) {
        strcpy(out, v->text);
        return 0;
    }
    errors_add(v->errors, v->line,
               "bad part \"%s\": \"%s\" is what the name of a part begins with, or *",
               parse_shown(v->text), v->what);
    return -1;
}

int parse_take_command(const struct parse_value *v, char *out)
{
    const char *what;

    if (take_text(v, out) < 0)
        return -1;
    if (words_check(out, v->key->letters, &what) == 0)
        return 0;
    errors_add(v->errors, v->line, "bad command \"%s\": %s", parse_shown(out), what);
    return -1;
}

int parse_take_node(const struct parse_value *v, char *out)
{
    unsigned long n;

    if (say_number(v->text, 1, MAP_LAST, &n) == 0) {
        out[fmt_ulong(out, n)] = 0;
        return 0;
    }
    errors_add(v->errors, v->line, "%s \"%s\": a node is a number from 1 to %d",
               errno == ERANGE ? "out of range" : "bad number", parse_shown(v->text),
               MAP_LAST);
    return -1;
}

/* An address without a port. */
int parse_take_host(const struct parse_value *v, char *out)
{
    if (address_ip(v->text, out) == 0 ||
        (!strpbrk(v->text, "[:]") && address_canonical(v->text, ADDRESS_PORT, out) == 0))
        return 0;
    errors_add(v->errors, v->line,
               "bad address \"%s\": \"%s\" is an IP address or the name of a host",
               parse_shown(v->text), v->what);
    return -1;
}

static int has_dots(const char *path)
{
    for (const char *p = path; (p = strstr(p, "..")); p += 2)
        if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
            return 1;
    return 0;
}

int parse_take_device(const struct parse_value *v, char *out)
{
    struct shown shown = {0};
    if (shown_add(&shown, v->text) == 0 && strncmp(v->text, "dev/", 4) != 0 &&
        !has_dots(v->text))
        return take_text(v, out);
    errors_add(v->errors, v->line,
               "bad device \"%s\": \"%s\" is a pattern for names below /dev, as ttyUSB*",
               parse_shown(v->text), v->what);
    return -1;
}

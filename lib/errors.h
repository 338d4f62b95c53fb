/* errors: what is wrong with a text, line by line, kept until all of it has been read. */
#ifndef ERRORS_H
#define ERRORS_H

enum { ERRORS_KEPT = 100, ERRORS_TEXT = 256 };

struct error {
    unsigned line;
    char what[ERRORS_TEXT];
};

/* All zero is none. */
struct errors {
    unsigned count; /* all; the first ERRORS_KEPT of them are kept */
    struct error kept[ERRORS_KEPT];
};

/* Add one: printf format, cut to ERRORS_TEXT - 1. */
void errors_add(struct errors *e, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put those kept into the order of their lines. Returns how many there are. */
unsigned errors_sort(struct errors *e);

#endif

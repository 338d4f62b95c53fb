/* words-ask SIZE LETTERS TEXT [VALUE...]: TEXT split by lib/words into SIZE bytes, a line
   `<WORD>` for each word; or what words_split and words_check have against it. Without
   values words_check alone is asked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "words.h"

int main(int argc, char **argv)
{
    char *words[WORDS_MAX + 1], *room;
    const char *what = 0;
    unsigned long size;
    int n, i;

    say_name("words-ask", "words-ask SIZE LETTERS TEXT [VALUE...]");
    if (argc < 4 || say_number(argv[1], 0, 65536, &size) < 0)
        say_usage();
    if (words_check(argv[3], argv[2], &what) < 0)
        printf("%s\n", what);
    if ((size_t)argc - 4 < strlen(argv[2]))
        return 0;
    /* Without room behind it, so that the sanitizers notice a byte too many. */
    room = malloc(size ? size : 1);
    if (!room)
        say_die_errno("unable to go on");
    n = words_split(argv[3], argv[2], (const char *const *)argv + 4, room, size, words);
    if (n < 0)
        puts(strerrorname_np(errno));
    for (i = 0; i < n; i++)
        printf("<%s>\n", words[i]);
    if (n >= 0 && words[n])
        puts("no end");
    free(room);
    return 0;
}

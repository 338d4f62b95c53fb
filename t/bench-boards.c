/* What looking at boards costs at least, and boards to look at. FILE has an address on
   each line. With -n N hold the first N boards, each as another user, say so, and go on
   until standard input ends; else open each roll, ask the kernel for a lock, close it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "board.h"
#include "say.h"

enum { BASE = 10000 /* the first uid */ };

static int next_address(FILE *f, char *address)
{
    if (!fgets(address, CONF_ADDRESS, f))
        return 0;
    address[strcspn(address, "\n")] = 0;
    return 1;
}

static void hold(FILE *f, unsigned long count)
{
    struct rlimit files;
    struct roll r;
    char address[CONF_ADDRESS], user[24];
    unsigned long i;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (i = 0; i < count && next_address(f, address); ++i) {
        snprintf(user, sizeof user, "u%lu", i);
        if (board_take(&r, address, (uid_t)(BASE + i), user, 1) != 1)
            say_die_errno("unable to take %s", address);
    }
    printf("%lu\n", i);
    fflush(stdout);
    while (read(0, user, sizeof user) > 0)
        ;
}

static void look(FILE *f)
{
    char address[CONF_ADDRESS], path[4096];
    struct flock l;
    int fd;

    while (next_address(f, address)) {
        snprintf(path, sizeof path, "%s/board/%s", roll_state(), address);
        memset(&l, 0, sizeof l);
        l.l_type = F_WRLCK;
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fcntl(fd, F_GETLK, &l) || close(fd))
            say_die_errno("unable to look at %s", path);
    }
}

int main(int argc, char **argv)
{
    unsigned long count = 0;
    FILE *f;
    int c;

    say_name("bench-boards", "bench-boards [-n COUNT] FILE");
    while ((c = say_options(argc, argv, "n:")) != -1)
        if (say_number(optarg, 1, 100000, &count))
            say_die(SAY_USAGE, "%s is not in 1..100000", optarg);
    if (argc - optind != 1)
        say_usage();
    f = fopen(argv[optind], "r");
    if (!f)
        say_die_errno("unable to open %s", argv[optind]);
    if (count)
        hold(f, count);
    else
        look(f);
    return 0;
}

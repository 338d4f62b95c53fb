/* A session has a leash: a pipe whose one end nobody but it has, while its jobs have the
   other. So they see its end, whatever that was, and it need not know of them. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "job.h"
#include "queue.h"
#include "say.h"
#include "slot.h"
#include "words.h"

/* In the place of the user's name, on the records of a reset. */
#define RESET "-reset"

/* The jobs that are our children, but the resets: as many as may wait, the one that runs,
   and the one that has just ended. */
enum { JOBS = SLOT_QUEUE + 2 };

static struct {
    pid_t pid; /* 0: none; or who tells its end, when it was killed */
    int told;
    unsigned long bid;
    char address[CONF_ADDRESS];
} jobs[JOBS];

static int leash[2] = {-1, -1};

/* In the child. */
static void __attribute__((noreturn)) be_job(struct job *j, const char *part)
{
    static char path[STORE_PATH], room[STORE_PATH + 2 * CONF_WORD], number[24],
        what[CONF_ADDRESS + CONF_NAME + 64];
    static struct store store = {.directory = -1};
    const struct device *d = j->device;
    const char *const values[] = {path, number, part, d->address};
    char *argv[WORDS_MAX + 1];
    int n;

    j->what = what;
    if (j->bid)
        snprintf(what, sizeof what, "board %s: program %lu %lu of %s", d->address,
                 j->fpga, j->bid, j->user);
    else
        snprintf(what, sizeof what, "board %s: reset", d->address);
    if (apart_stand("vlab-job", j->report, j->leash))
        job_refuse(j, MESSAGE_UNKNOWN, "stand apart");
    snprintf(number, sizeof number, "%lu", j->fpga);
    if (j->bid) {
        if (store_open(&store, d))
            job_refuse(j, MESSAGE_UNKNOWN, "open the directory of its bit files");
        if (store_lend(&store, j->bid, path))
            job_refuse(j, errno == ENOENT ? MESSAGE_DENIED : MESSAGE_UNKNOWN,
                       errno == ENOENT ? 0 : "take the bit file");
        j->store = &store;
        n = words_split(d->program, DEVICE_PROGRAM, values, room, sizeof room, argv);
    } else
        n = words_split(d->reset, DEVICE_RESET, values + 3, room, sizeof room, argv);
    if (n < 0)
        job_refuse(j, MESSAGE_UNKNOWN, "make words of its command");
    j->argv = argv;
    job_run(j);
}

/* Start it. Returns 0, or -1 and errno: EAGAIN when we have too many. */
static int start(struct job *j, const char *part)
{
    unsigned i;
    pid_t pid;

    for (i = 0; j->bid && i < JOBS && jobs[i].pid; ++i)
        ;
    if (i == JOBS) {
        errno = EAGAIN;
        return -1;
    }
    pid = fork();
    if (pid == 0)
        be_job(j, part);
    if (pid < 0)
        return -1;
    if (!j->bid)
        return 0;
    jobs[i].pid = pid;
    jobs[i].told = 0;
    jobs[i].bid = j->bid;
    strcpy(jobs[i].address, j->device->address);
    return 0;
}

/* Start it, and wait for what it reports, which takes no time worth mentioning. */
static enum message_code start_and_hear(struct job *j, const char *part)
{
    int report[2], code = MESSAGE_UNKNOWN, failed;
    ssize_t n;

    if (pipe2(report, O_CLOEXEC))
        return MESSAGE_UNKNOWN;
    j->report = report[1];
    failed = start(j, part) ? errno : 0;
    close(report[1]);
    if (failed)
        code = failed == EAGAIN ? MESSAGE_PQFULL : MESSAGE_ALLOC;
    else {
        do
            n = read(report[0], &code, sizeof code);
        while (n < 0 && errno == EINTR);
        if (n != sizeof code)
            code = MESSAGE_UNKNOWN;
    }
    close(report[0]);
    return (enum message_code)code;
}

enum message_code program_ask(const struct device *d, const struct store *s, uid_t uid,
                              const char *user, unsigned long fpga, unsigned long bid)
{
    struct job job = {.device = d, .uid = uid, .user = user, .fpga = fpga, .bid = bid};
    struct store_entry e;
    int k;

    if (fpga >= d->fpgas)
        return MESSAGE_NOSUCHFPGA;
    k = bid ? store_find(s, bid, &e) : 0;
    if (k < 0) {
        say_warn_errno("board %s: unable to find bit file %lu", d->address, bid);
        return MESSAGE_UNKNOWN;
    }
    if (k == 0 || e.state != STORE_READY || !*d->program)
        return MESSAGE_DENIED;
    if (!device_takes(d->fpga[fpga], e.header.part))
        return MESSAGE_WRONGDRIVER;
    if (leash[0] < 0 && pipe2(leash, O_CLOEXEC)) {
        say_warn_errno("board %s: unable to make a pipe", d->address);
        return MESSAGE_UNKNOWN;
    }
    job.leash = leash[0];
    return start_and_hear(&job, e.header.part);
}

/* Count who is on the slot's roll or its line; a reset among them goes to *reset, the job
   of the last to *job. */
static int count(const char *kind, const char *address, unsigned *n, int *reset,
                 pid_t *job)
{
    struct roll_entry e = {0};
    char name[DEVICE_SLOT];
    struct roll r;
    int k;

    *n = 0;
    if (roll_open(&r, kind, device_slot(name, address), ROLL_READ))
        return errno == ENOENT ? 0 : -1;
    while ((k = roll_next(&r, &e)) > 0) {
        ++*n;
        if (reset && strncmp(e.text, RESET " ", sizeof RESET) == 0)
            *reset = 1;
        if (job)
            *job = job_of(e.text);
    }
    roll_close(&r);
    return k;
}

int program_state(const struct device *d, unsigned *running, unsigned *waiting,
                  pid_t *job)
{
    *job = 0;
    return count("slot", d->address, running, 0, job) ||
                   count("queue", d->address, waiting, 0, 0)
               ? -1
               : 0;
}

int program_wipe(const struct device *d)
{
    unsigned running, waiting;
    struct store s;
    pid_t job;
    int k, saved;

    if (program_state(d, &running, &waiting, &job)) {
        say_warn_errno("unable to see what is done to %s", d->address);
        job = 0;
    }
    if (store_open(&s, d))
        return -1;
    k = store_wipe(&s, job);
    saved = errno;
    store_close(&s);
    errno = saved;
    return k;
}

int program_reset(const struct device *d)
{
    struct job job = {.device = d, .uid = geteuid(), .user = RESET, .leash = -1};
    unsigned waiting;
    int queued = 0;

    if (!*d->reset)
        return 0;
    if (count("queue", d->address, &waiting, &queued, 0))
        return -1;
    /* One that still waits comes late enough. A new one must stand in line before anybody
       else asks for something: else it would undo what he programs. */
    if (queued || start_and_hear(&job, "") == MESSAGE_NONE)
        return 0;
    errno = EAGAIN;
    return -1;
}

/* One of our jobs was killed, and could not tell. Nor can we: we have joined the roll of
   those it is told to, and may not open that again. A child does. */
static void tell_for(unsigned i)
{
    char line[64];
    pid_t pid;

    say_warn("board %s: who programs bit file %lu was killed", jobs[i].address,
             jobs[i].bid);
    pid = fork();
    if (pid < 0)
        say_warn_errno("board %s: unable to tell it to the sessions", jobs[i].address);
    if (pid) {
        jobs[i].pid = pid > 0 ? pid : 0;
        jobs[i].told = 1;
        return;
    }
    snprintf(line, sizeof line, "programfailed %lu %s", jobs[i].bid,
             message_code(MESSAGE_UNKNOWN));
    if (apart_stand("vlab-job", -1, -1) || visit_tell(jobs[i].address, line))
        say_warn_errno("board %s: unable to tell it to the sessions", jobs[i].address);
    _exit(0);
}

unsigned program_pending(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < JOBS; ++i)
        n += jobs[i].pid != 0;
    return n;
}

void program_drop(void)
{
    if (leash[1] >= 0)
        close(leash[1]);
    leash[1] = -1;
}

void program_reap(void)
{
    unsigned i;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (i = 0; i < JOBS; ++i)
            if (jobs[i].pid == pid) {
                jobs[i].pid = 0;
                if (status && !jobs[i].told)
                    tell_for(i);
            }
}

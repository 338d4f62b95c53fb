#include <errno.h>
#include <sys/stat.h>

#include "exporter.h"
#include "special.h"

/* Other devices may have other uses for the numbers of a tty's ioctl(2). */
static int is_tty(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && special_is_tty(st.st_rdev);
}

/* Returns 0, or an errno. */
static int refusal(const struct export *e, const struct fid *f)
{
    if (f->mode < 0)
        return EBADF;
    if (f->file.kind != FID_WAITS || !is_tty(f->file.fd))
        return ENOTTY;
    return e->readonly ? EROFS : 0;
}

enum exporter_end exporter_claim(struct export *e, struct fid *f)
{
    errno = refusal(e, f);
    if (!errno && !f->claim.is_held && e->claims >= EXPORTER_CLAIMS)
        errno = ENOLCK;
    if (errno || f->claim.is_held)
        return errno ? EXPORTER_FAILED : EXPORTER_DONE;
    if (claim_take(&f->claim, f->file.fd) < 0)
        return EXPORTER_FAILED;
    e->claims++;
    return EXPORTER_DONE;
}

enum exporter_end exporter_unclaim(struct export *e, struct fid *f)
{
    /* Of a device that was unplugged nothing is known any more, but whose it was. */
    errno = f->claim.is_held ? 0 : refusal(e, f);
    if (errno)
        return EXPORTER_FAILED;
    e->claims -= (unsigned)f->claim.is_held;
    return claim_give(&f->claim, f->file.fd) < 0 ? EXPORTER_FAILED : EXPORTER_DONE;
}

/* As a user of this host the kernel has refused it, but root it refuses nothing. */
int exporter_is_claimed(const struct export *e, int fd)
{
    return !e->has_users && is_tty(fd) && claim_is_taken(fd);
}

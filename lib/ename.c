#include "ename.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Words of others: Plan 9's kernel, lib9p and file servers, Inferno, u9fs, go9p, and C
   libraries that are not ours. Words that end others' words stand for those, too. */
static const struct {
    int e;
    const char *words;
} others[] = {
    {EPERM, "not permitted"},
    {EPERM, "prohibited"},
    {EPERM, "not owner"},
    {EPERM, "not in group"},
    {EPERM, "not a member of proposed group"},
    {EPERM, "only owner can change group in wstat"},
    {EPERM, "mount/attach disallowed"},
    {EPERM, "mounted directory forbids creation"},
    {ENOENT, "file does not exist"},
    {ENOENT, "does not exist"},
    {ENOENT, "file not found"},
    {ENOENT, "not found"},
    {ENOENT, "no such file"},
    {ENOENT, "illegal path element"},
    {ESRCH, "process exited"},
    {EINTR, "interrupted"},
    {EIO, "i/o error"},
    {ENXIO, "unknown device in # filename"},
    {ENOEXEC, "exec header invalid"},
    {EBADF, "unknown fid"},
    {EBADF, "bad fid"},
    {EBADF, "fid unknown or out of range"},
    {EBADF, "bad use of fid"},
    {EBADF, "inappropriate use of fd"},
    {EBADF, "fd out of range or not open"},
    {EBADF, "fid not open"},
    {EBADF, "non open fid"},
    {EBADF, "file is not open"},
    {EBADF, "file not open"},
    {EBADF, "fid already opened"},
    {EBADF, "fid already in use"},
    {EBADF, "fid in use"},
    {EBADF, "duplicate fid"},
    {ECHILD, "no living children"},
    {ENOMEM, "out of memory"},
    {ENOMEM, "no free memory"},
    {ENOMEM, "no memory"},
    {ENOMEM, "memory allocation failed"},
    {ENOMEM, "kernel allocate failed"},
    {ENOMEM, "swap space full"},
    {EACCES, "access denied"},
    {EACCES, "authentication failed"},
    {EACCES, "file is read only"},
    {EACCES, "no access to special file"},
    {EBUSY, "device or object already in use"},
    {EBUSY, "in use"},
    {EBUSY, "busy"},
    {EBUSY, "file is locked"},
    {EBUSY, "already open"},
    {EBUSY, "file already open for I/O"},
    {EBUSY, "no free devices"},
    {EBUSY, "is a mount point"},
    {EEXIST, "file already exists"},
    {EEXIST, "file or directory already exists"},
    {EEXIST, "already exists"},
    {EXDEV, "cross-device link"},
    {ENOTDIR, "in non-directory"},
    {ENOTDIR, "in a non-directory"},
    {EISDIR, "file is a directory"},
    {EISDIR, "not a file"},
    {EINVAL, "bad arg in system call"},
    {EINVAL, "bad argument"},
    {EINVAL, "bad attach specifier"},
    {EINVAL, "bad specifier"},
    {EINVAL, "unknown specifier in attach"},
    {EINVAL, "bad character in file name"},
    {EINVAL, "bad character in directory name"},
    {EINVAL, "file name syntax"},
    {EINVAL, "illegal name"},
    {EINVAL, "illegal names"},
    {EINVAL, "bad process or channel control request"},
    {EINVAL, "bad control request"},
    {EINVAL, "wrong #args in control message"},
    {EINVAL, "bad offset in directory read"},
    {EINVAL, "bad offset"},
    {EINVAL, "illegal offset"},
    {EINVAL, "offset negative"},
    {EINVAL, "negative i/o offset"},
    {EINVAL, "seek in directory"},
    {EINVAL, "bad count"},
    {EINVAL, "count too big"},
    {EINVAL, "i/o count too large"},
    {EINVAL, "i/o count too small"},
    {EINVAL, "read or write too large"},
    {EINVAL, "read or write too small"},
    {EINVAL, "unknown mode"},
    {EINVAL, "illegal mode"},
    {EINVAL, "invalid open mode"},
    {EINVAL, "malformed stat buffer"},
    {EINVAL, "bogus wstat buffer"},
    {EINVAL, "stat buffer too small"},
    {EINVAL, "bad directory in wstat"},
    {EINVAL, "convert between files and directories"},
    {EINVAL, "unknown user"},
    {EINVAL, "unknown group"},
    {EINVAL, "not mounted"},
    {EMFILE, "no free file descriptors"},
    {EMFILE, "no file descriptors available"},
    {EFBIG, "file too big"},
    {ENOSPC, "no space"},
    {ENOSPC, "out of space"},
    {ENOSPC, "no space left"},
    {ENOSPC, "file system full"},
    {ENOSPC, "disk full"},
    {ESPIPE, "seek on a stream"},
    {EROFS, "read only"},
    {EROFS, "read-only"},
    {EROFS, "read only file system"},
    {EPIPE, "i/o on hungup channel"},
    {EPIPE, "write to hungup stream"},
    {EPIPE, "write on closed pipe"},
    {ENAMETOOLONG, "name too long"},
    {ENOSYS, "not implemented"},
    {ENOTEMPTY, "directory is not empty"},
    {ENOTEMPTY, "not empty"},
    {ELOOP, "symbolic link loop"},
    {EPROTO, "protocol botch"},
    {EPROTO, "duplicate tag"},
    {ENOBUFS, "insufficient buffer space"},
    {ENOBUFS, "no free blocks"},
    {EADDRINUSE, "address in use"},
    {EADDRINUSE, "connection in use"},
    {EADDRINUSE, "network port not available"},
    {EOPNOTSUPP, "not supported"},
    {EOPNOTSUPP, "no authentication required"},
    {EOPNOTSUPP, "authentication not required"},
    {ETIMEDOUT, "timed out"},
    {ESTALE, "file has been removed"},
    {EDQUOT, "quota exceeded"},
};

enum { LAST = EHWPOISON };

const char *ename_of(int e)
{
    const char *words = e > 0 ? strerrordesc_np(e) : 0;

    return words ? words : strerrordesc_np(EIO);
}

/* May words end, or begin, next to this character? In a name like open-file they don't.
 */
static int parts(char c)
{
    return !isalnum((unsigned char)c) && c != '/' && c != '-' && c != '_';
}

/* Do the words begin or end with these ones, of n bytes? */
static int has(const struct ninep_text *t, const char *words, size_t n)
{
    const char *end = t->at + t->length - n;

    if (strncasecmp(end, words, n) == 0 && (t->length == n || parts(end[-1])))
        return 1;
    return strncasecmp(t->at, words, n) == 0 && parts(t->at[n]);
}

/* The longest words found so far. */
struct found {
    size_t n;
    int e;
};

static void look(struct found *f, const struct ninep_text *t, const char *words, int e)
{
    size_t n = strlen(words);

    if (n > f->n && n <= t->length && has(t, words, n))
        *f = (struct found){.n = n, .e = e};
}

int ename_errno(const struct ninep_text *words)
{
    struct found f = {.e = EIO};
    size_t i;
    int e;

    for (e = 1; e <= LAST; ++e)
        if (strerrordesc_np(e))
            look(&f, words, strerrordesc_np(e), e);
    for (i = 0; f.n < words->length && i < sizeof others / sizeof *others; ++i)
        look(&f, words, others[i].words, others[i].e);
    return f.e;
}

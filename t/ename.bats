#!/usr/bin/env bats
# The words of errors in 9P.

load lib
setup() { lab_setup; }
teardown() { lab_teardown; }

# means: each line of standard input is an errno and words that mean it.
means() {
    local lines
    lines=$(cat)
    run diff <(echo "$lines") \
        <(paste -d ' ' <(cut -d ' ' -f 2- <<<"$lines" | ename) <(cut -d ' ' -f 2- <<<"$lines"))
    assert_output ''
    assert_success
}

@test "every errno goes there and back, and is what strerror(3) says of it" {
    run -0 ename all
    assert_output 131
    LC_ALL=de_DE.UTF-8 LANGUAGE=de run -0 ename of 2 13 95
    assert_output $'No such file or directory\nPermission denied\nOperation not supported'
}

@test "what is no errno is an input/output error" {
    run -0 ename of 0 -1 41 58 134 512 100000
    assert_equal "$(sort -u <<<"$output")" 'Input/output error'
    means <<'END'
EIO 
EIO nothing that we know
EIO permission denie
EIO ermission denied
EIO file
END
}

@test "the words of Plan 9 mean what they say" {
    means <<'END'
ENOENT file does not exist
ENOENT file not found
EACCES permission denied
EEXIST file already exists
ENOTDIR not a directory
ENOTDIR walk in non-directory
ENOTDIR create -- in a non-directory
ENOTEMPTY directory not empty
ENOTEMPTY directory is not empty
EISDIR file is a directory
EBADF unknown fid
EBADF inappropriate use of fd
EBADF read/write -- on non open fid
EPIPE i/o on hungup channel
EINTR interrupted
EIO i/o error
EIO i/o error in demand load
EIO mount rpc error
EINVAL bad offset in directory read
EINVAL bad arg in system call
EINVAL malformed stat buffer
ENOSPC no space
ENOSPC file system full
EROFS file system read only
EPERM wstat -- not owner
EPERM wstat prohibited
EPERM mounted directory forbids creation
EBUSY device or object already in use
EBUSY open/create -- file is locked
ENOMEM virtual memory allocation failed
EMFILE no free file descriptors
ENAMETOOLONG file name too long
ECONNREFUSED connection refused
ETIMEDOUT connection timed out
ESTALE file has been removed
END
}

@test "the words of Inferno, u9fs and go9p mean what they say" {
    means <<'END'
ENOENT does not exist
EBADF bad fid
EBADF fid already in use
EBADF fid already opened
EINVAL bad count
EBADF fid unknown or out of range
EBADF bad use of fid
EEXIST file or directory already exists
EINVAL wstat can't convert between files and directories
EPERM not a member of proposed group
EPERM only owner can change group in wstat
EACCES no access to special file
EACCES authentication failed
EINVAL i/o count too large
EINVAL unknown group
EINVAL bogus wstat buffer
EOPNOTSUPP u9fs authnone: no authentication required
EINVAL cannot convert between files and directories
ENOSYS not implemented
END
}

@test "words mean the same in any case of letters" {
    means <<'END'
ENOENT no such file or directory
EACCES PERMISSION DENIED
EXDEV Cross-device link
EPIPE I/O on hungup channel
END
}

@test "a file's name may stand before words and behind them" {
    means <<'END'
ENOENT '/n/lab/x' file does not exist
ENOENT 'in use' does not exist
ENOENT open x: no such file or directory
EACCES stat /srv/x: Permission denied
EACCES permission denied: '/srv/x'
EEXIST file already exists: in use
EBUSY Device or resource busy (x)
ENOENT file does not exist.
END
}

@test "words are not looked for within other words" {
    means <<'END'
EIO xfile not foundx
EIO reinterrupted
EIO unbusy
EIO /usr/busy
EIO interrupted-x
EIO interruptedly
END
}

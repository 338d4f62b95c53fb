# lib/export: a server of 9P2000, message by message.
load lib

setup() {
    lab_setup
    root=$lab/in
    mkdir -p "$root/a/b/c"
    chmod 755 "$root" "$root/a" "$root/a/b" "$root/a/b/c"
    echo hello >"$root/f"
    chmod 644 "$root/f"
    serve=(export "$root")
    begin='version 8216 9P2000
attach 0'
}

teardown() {
    lab_teardown
}

# talk_9p WANTED: the dialogue of descriptor 0, after the version and the attach, has these
# answers.
talk_9p() {
    local lines
    lines=$begin$'\n'$(cat)
    run --separate-stderr ninep-talk "${serve[@]}" <<<"$lines"
    assert_success
    assert_equal "$(tail -n "+$((1 + $(grep -c . <<<"$begin")))" <<<"$output")" "$1"
}

@test "the version is agreed on, in what the smaller one can take" {
    begin=
    talk_9p 'Rversion 8216 9P2000
Rversion 131096 9P2000
Rversion 8192 9P2000
Rversion 8192 9P2000
Rversion 8192 unknown
Rversion 8192 unknown
Rversion 8192 unknown
Rversion 8192 unknown
Rerror Message too long
Rversion 256 9P2000
ended 0' <<'END'
version 8216 9P2000
version 4294967295 9P2000
version 8192 9P2000.L
version 8192 9P2001
version 8192 9P1999
version 8192 9P2000x
version 8192 9P20
version 8192 unknown
version 255 9P2000
version 256 9P2000
end
END
}

@test "before there is a version nothing else is done, and a new one begins again" {
    begin=
    mkfifo "$root/fifo"
    talk_9p 'Rerror Protocol error
Rversion 8216 unknown
Rerror Protocol error
Rversion 8216 9P2000
Rattach dir
Rwalk file
Rwalk device
Ropen device
Rversion 4096 9P2000
Rerror Bad file descriptor
Rerror Bad file descriptor
Rattach dir' <<'END'
attach 0
version 8216 Styx
attach 0
version 8216 9P2000
attach 0
walk 0 1 f
walk 0 2 fifo
open 2 0
7: read 2 0 10
version 4096 9P2000
stat 1
stat 0
attach 0
END
}

@test "one attaches to the root of the tree, without being asked who one is" {
    talk_9p 'Rerror Operation not supported
Rerror Operation not supported
Rerror No such file or directory
Rattach dir
Rerror Device or resource busy
Rattach dir
Rstat / dir 20000000755 0' <<'END'
auth 1
attach 1 / 5
attach 1 /etc
attach 1 /
attach 1
attach 2
stat 2
END
}

@test "a walk goes as far as it can, and makes the fid when it goes all the way" {
    talk_9p 'Rwalk dir dir dir
Rwalk dir dir
Rerror Bad file descriptor
Rerror No such file or directory
Rwalk file
Rerror Bad file descriptor
Rwalk
Rstat / dir 20000000755 0
Rerror Device or resource busy
Rerror Bad file descriptor
Rwalk dir
Rstat b dir 20000000755 0
Rwalk dir
Rstat b dir 20000000755 0
Rwalk file
Rwalk file
Rwalk
Rerror Not a directory
Rwalk dir dir
Rstat / dir 20000000755 0
Rwalk dir dir dir dir dir dir dir dir dir dir dir dir dir dir dir file
Rstat f file 644 6' <<'END'
walk 0 1 a b c
walk 0 2 a b x
stat 2
walk 0 2 x b
walk 0 2 f b
stat 2
walk 0 2
stat 2
walk 0 1 a
walk 9 3
walk 1 1 ..
stat 1
walk 1 1 c x
stat 1
walk 0 5 f ..
walk 0 3 f
walk 3 4
walk 3 5 ..
walk 0 5 .. ..
stat 5
walk 0 6 a b c .. .. .. a b c .. .. .. a .. .. f
stat 6
END
}

@test "names that are none are not walked to, nor is a message with 17 of them one" {
    talk_9p "Rerror Invalid argument
Rerror Invalid argument
Rerror Invalid argument
Rerror File name too long
Rstat / dir 20000000755 0" <<END
walk 0 1 .
walk 0 1 a/b
walk 0 1 a\\x00
walk 0 1 $(printf '%0256d' 0)
stat 0
END
    # size 17 + 17 * 3, Twalk, tag 1, fid 0, newfid 1, 17 names `a`
    talk_9p 'ended 111' <<END
raw \\x44\\x00\\x00\\x00\\x6e\\x01\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x11\\x00$(
        printf '\\x01\\x00a%.0s' {1..17})
end
END
    assert_equal "$stderr" 'export: warning: garbage'
}

@test "an open fid cannot be walked from, opened again, or made another file" {
    talk_9p 'Rwalk dir
Ropen dir
Rerror Device or resource busy
Rerror Device or resource busy
Rerror Device or resource busy
Rerror Device or resource busy
Rwalk
Rerror Bad file descriptor
Rerror Bad file descriptor
Rwalk file
Rerror Not a directory
Rclunk
Rerror Bad file descriptor
Rerror Bad file descriptor' <<'END'
walk 0 1 a
open 1 0
walk 1 2
walk 1 1 b
open 1 0
create 1 x 644 0
walk 0 2
read 2 0 10
write 2 0 x
walk 2 2 f
create 2 x 644 0
clunk 2
clunk 2
open 2 0
END
}

@test "a file is opened for what it was asked for, and for nothing else" {
    talk_9p 'Rwalk file
Ropen file
Rread 6 "hello\n"
Rread 3 "lo\n"
Rread 0 ""
Rerror Bad file descriptor
Rwalk file
Ropen file
Rerror Bad file descriptor
Rwrite 2
Rwalk file
Ropen file
Rread 6 "heLLo\n"
Rwrite 1
Rwalk file
Ropen file
Rread 0 ""
Rwalk file
Rerror Permission denied
Rerror Invalid argument
Ropen file
Rerror Invalid argument' <<'END'
walk 0 1 f
open 1 0
read 1 0 100
read 1 3 100
read 1 6 100
write 1 0 x
walk 0 2 f
open 2 1
read 2 0 10
write 2 2 LL
walk 0 3 f
open 3 2
read 3 0 10
write 3 6 x
walk 0 4 f
open 4 0x10
read 4 0 10
walk 0 5 f
open 5 3
open 5 0x80
open 5 0x22
read 5 0xffffffffffffffff 10
END
}

@test "a program may be opened to run it, a directory is only read" {
    chmod 755 "$root/f"
    talk_9p 'Rwalk file
Ropen file
Rread 6 "hello\n"
Rerror Bad file descriptor
Rwalk dir
Rerror Is a directory
Rerror Is a directory
Rerror Is a directory
Rerror Is a directory
Ropen dir
Rerror Bad file descriptor' <<'END'
walk 0 1 f
open 1 3
read 1 0 10
write 1 0 x
walk 0 2 a
open 2 1
open 2 3
open 2 0x10
open 2 0x40
open 2 0
write 2 0 x
END
}

@test "a created file is open, and has of the permissions what its directory has" {
    talk_9p 'Rwalk
Rcreate file
Rwrite 3
Rread 3 "new"
Rstat x file 644 3
Rwalk
Rerror File exists
Rerror File exists
Rerror Invalid argument
Rerror Invalid argument
Rerror Invalid argument
Rerror File name too long
Rerror Invalid argument
Rerror Is a directory
Rcreate dir
Rstat d dir 20000000755 0
Rread 0 ""
Rwalk dir
Rstat d dir 20000000755 0
Rwalk
Rcreate file
Rstat y file 400 0
Rwrite 1
Rwalk dir
Rcreate file
Rstat z file 771 0' <<END
walk 0 1
create 1 x 666 2
write 1 0 new
read 1 0 10
stat 1
walk 0 2
create 2 x 644 0
create 2 a 20000000755 0
create 2 .. 644 0
create 2 a/x 644 0
create 2 e 10000000644 0
create 2 $(printf '%0256d' 0) 644 0
create 2 y 644 0x80
create 2 d 20000000777 1
create 2 d 20000000777 0
stat 2
read 2 0 100
walk 0 3 d
stat 3
walk 0 4
create 4 y 400 1
stat 4
write 4 0 x
do umask 0; mkdir -m 770 "$root/wide"
walk 0 5 wide
create 5 z 777 0
stat 5
END
    assert_equal "$(stat -c %a "$root/x" "$root/d" "$root/wide/z")" $'644\n755\n771'
}

@test "offsets above 4 GiB are as good as others" {
    talk_9p 'Rwalk
Rcreate file
Rwrite 3
Rread 3 "big"
Rread 1 "\x00"
Rstat x file 644 4294967299
Rerror File too large
Rerror File too large
Rerror File too large
Rwstat
Rstat x file 644 17179869184' <<'END'
walk 0 1
create 1 x 644 2
write 1 0x100000000 big
read 1 0x100000000 10
read 1 0xffffffff 1
stat 1
write 1 0xffffffffffffffff x
write 1 0x7fffffffffffffff x
wstat 1 length=0xfffffffffffffffe
wstat 1 length=0x400000000
stat 1
END
}

@test "a file that is open stays so when it is removed or moved away, others do not" {
    talk_9p 'Rwalk file
Ropen file
Rwalk file
Rwrite 5
Rread 6 "HELLO\n"
Rstat f file 644 6
Rwstat
Rstat f file 600 2
Rerror No such file or directory
Rerror No such file or directory
Rerror No such file or directory
Rerror No such file or directory
Rwalk dir
Rwalk dir
Ropen dir
Rerror Invalid cross-device link
Rerror Invalid cross-device link
Rerror Invalid cross-device link
Rerror Invalid cross-device link
Rerror Invalid cross-device link
Rerror Invalid cross-device link' <<END
walk 0 1 f
open 1 2
walk 0 2 f
do rm "$root/f"
write 1 0 HELLO
read 1 0 10
stat 1
wstat 1 mode=600 length=2
stat 1
stat 2
open 2 0
wstat 2 mode=644
remove 2
walk 0 3 a b
walk 0 4 a b
open 4 0
do mv "$root/a/b" "$lab/b"
stat 3
walk 3 5 c
create 3 x 644 0
read 4 0 1000
wstat 3 name=x
remove 3
END
    assert_exists "$lab/b/c"
}

@test "a removed file is gone, and its fid, too, whether it could be removed or not" {
    ln -s f "$root/l"
    talk_9p 'Rwalk file
Rremove
Rerror Bad file descriptor
Rwalk file
Rwalk dir
Rerror Directory not empty
Rerror Bad file descriptor
Rwalk dir dir dir
Rremove
Rerror Bad file descriptor
Rerror Device or resource busy
Rerror Bad file descriptor' <<'END'
walk 0 1 l
remove 1
stat 1
walk 0 1 f
walk 0 2 a
remove 2
stat 2
walk 0 2 a b c
remove 2
remove 2
remove 0
stat 0
END
    assert_exists "$root/f"
    assert_not_exists "$root/l"
    assert_not_exists "$root/a/b/c"
}

@test "a file that is to be removed when closed is, and at the end of the session" {
    talk_9p 'Rwalk file
Ropen file
Rread 6 "hello\n"
Rwalk file
Rclunk
Rerror No such file or directory
Rwalk
Rcreate file
Rwalk file
Rversion 8216 9P2000
Rattach dir
Rerror No such file or directory
Rwalk
Rcreate file
ended 0' <<'END'
walk 0 1 f
open 1 0x40
read 1 0 10
walk 0 2 f
clunk 1
stat 2
walk 0 3
create 3 x 644 0x42
walk 0 4 x
version 8216
attach 0
walk 0 4 x
walk 0 5
create 5 y 644 0x42
end
END
    assert_equal "$(ls "$root")" a
}

@test "links in the tree are what they lead to, others are files that cannot be opened" {
    ln -s ../f "$root/a/in"
    ln -s b "$root/a/dir"
    ln -s /etc/passwd "$root/a/out"
    ln -s nothing "$root/a/nothing"
    talk_9p 'Rwalk dir file
Rstat in file 644 6
Ropen file
Rstat in file 644 6
Rwstat
Rstat other file 644 6
Rwalk dir dir dir
Rwalk dir file
Rstat out file 0 11
Rerror No such file or directory
Rerror Operation not permitted
Rwstat
Rremove
Rwalk dir file
Rremove
Rwalk dir
Ropen dir
b dir 20000000755 0
dir dir 20000000755 0
other file 644 6' <<'END'
walk 0 1 a in
stat 1
open 1 0
stat 1
wstat 1 name=other
stat 1
walk 0 2 a dir c
walk 0 3 a out
stat 3
open 3 0
wstat 3 mode=777
wstat 3 name=out2
remove 3
walk 0 3 a nothing
remove 3
walk 0 4 a
open 4 0
ls 4
END
    assert_equal "$(readlink "$root/a/other")" ../f
}

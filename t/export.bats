# lib/export: a server of 9P2000, message by message.
# shellcheck disable=SC2016
load lib

setup() {
    lab_setup
    root=$lab/in
    mkdir -p "$root/a/b/c"
    chmod 755 "$root" "$root/a" "$root/a/b" "$root/a/b/c"
    echo hello >"$root/f"
    chmod 644 "$root/f"
    user=$(id -un 2>/dev/null || id -u)
    group=$(id -gn 2>/dev/null || id -g)
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
write 1 0xfffffffffffffffe x
write 1 0x7fffffffffffffff x
wstat 1 length=0xfffffffffffffffe
wstat 1 length=0x400000000
stat 1
END
}

@test "what is written at the largest offset is appended, whatever others have appended" {
    mkfifo "$root/fifo"
    exec {fd}<>"$root/fifo"
    talk_9p 'Rwalk file
Ropen file
Rwrite 4
Rwrite 3
Rwrite 0
Rwrite 4
Rwrite 1
Rerror File too large
Rwalk device
Ropen device
Rwrite 4
ended 0' <<'END'
walk 0 1 f
open 1 1
write 1 18446744073709551615 one,
do printf there, >>"$VLAB_LAB/in/f"
write 1 18446744073709551615 two
zeros 1 18446744073709551615 0
write 1 18446744073709551615 last
write 1 0 H
write 1 18446744073709551614 x
walk 0 2 fifo
open 2 1
write 2 18446744073709551615 text
end
END
    assert_equal "$(<"$root/f")" $'Hello\none,there,twolast'
    assert_equal "$(head -c 4 <&$fd)" text
    exec {fd}>&-
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
Rwalk dir dir
Rwalk dir dir
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

@test "a directory is read from its beginning or on, by whole entries" {
    local one
    rm -r "$root"
    mkdir "$root"
    touch "$root/1" "$root/2" "$root/3"
    one=$((49 + 1 + ${#user} + ${#group}))
    talk_9p "Ropen dir
Rerror Invalid argument
Rerror Invalid argument
Rread $((2 * one)), 2 entries
Rerror Invalid argument
Rerror Invalid argument
Rread $one, 1 entries
Rread 0, 0 entries
Rread 0, 0 entries
Rread $((3 * one)), 3 entries
Rread $one, 1 entries
Rerror Bad file descriptor" <<END
open 0 0
entries 0 1 1000
entries 0 0 $((one - 1))
entries 0 0 $((2 * one + one - 1))
entries 0 $one 1000
entries 0 $((3 * one)) 1000
entries 0 $((2 * one)) 1000
entries 0 $((3 * one)) 1000
entries 0 $((3 * one)) 1000
entries 0 0 1000
entries 0 0 $one
write 0 0 x
END
}

@test "all of a large directory is read, while others do their work in it" {
    local i
    rm -r "$root"
    mkdir "$root"
    (cd "$root" && for ((i = 1000; i < 4000; i++)); do echo $i >$i; done)
    talk_9p "$(printf 'Ropen dir\n'
        for ((i = 1000; i < 4000; i++)); do echo "$i file 644 5"; done)" <<'END'
open 0 0
ls 0
END
    # What has vanished is left out, and the place in the directory stays good.
    run ninep-talk "${serve[@]}" <<END
version 8216
attach 0
open 0 0
0: read 0 0 8000
do cd "$root" && rm 1* 2* 35*
hear
ls 0
END
    assert_equal "$(sed -n '/file 644 5$/p' <<<"$output" | wc -l)" 900
}

@test "wstat changes what it says, and nothing it does not say" {
    touch -d @1000 "$root/f"
    talk_9p "Rwalk file
Rwstat
$user $group 1000
Rstat f file 644 6
Rwstat
$user $group 77
Rstat g file 600 3
Rwstat
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Invalid argument
Rerror Invalid argument
Rerror File exists
Rwalk dir
Rwstat
Rerror Is a directory
Rstat d dir 20000000700 0
Rerror Invalid argument
Rerror Device or resource busy
Rwstat" <<END
walk 0 1 f
wstat 1
owner 1
stat 1
wstat 1 name=g mode=600 length=3 mtime=77
owner 1
stat 1
wstat 1 type=0 dev=0 uid=$user gid=$group mode=600 name=g
wstat 1 uid=nobody
wstat 1 dev=5
wstat 1 type=5
wstat 1 path=5
wstat 1 muid=me
wstat 1 mode=20000000600
wstat 1 gid=nosuchgroup
wstat 1 name=a
walk 0 2 a
wstat 2 name=d mode=20000000700
wstat 2 length=5
stat 2
wstat 2 mode=700
wstat 0 name=x
wstat 0 mode=20000000755
END
    assert_equal "$(stat -c '%a %s %Y' "$root/g")" '600 3 77'
}

@test "the root tells that a duct of vlab serves it" {
    local group user
    user=$(stat -c %U "$root") group=$(stat -c %G "$root")
    mkdir "$root/d"
    touch -d @77 "$root" "$root/f"
    talk_9p "$user $group 77 vlab-duct
Rwalk dir
Rwalk dir
$user $group 77 vlab-duct
Rwalk file
$user $group 77" <<'END'
owner 0
walk 0 1 d
walk 1 2 ..
owner 2
walk 0 3 f
owner 3
END
}

@test "the sticky bit of a directory can be said, set-id bits cannot, and none comes back" {
    need_root
    mkdir "$root/s"
    chmod 1755 "$root/s"
    chmod 4755 "$root/f"
    chgrp 3002 "$root/s"
    # 200000 sticky, 2000000 set-user-ID, 1000000 set-group-ID.
    talk_9p "Rwalk dir
Rstat s dir 20000200755 0
Rwstat
Rwstat
Rerror Operation not permitted
Rwalk
Rcreate dir
Rwalk
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Invalid argument
Rwalk file
Rstat f file 755 6
Rerror Operation not permitted
Rerror Invalid argument
Rwstat" <<'END'
walk 0 1 s
stat 1
wstat 1 mode=20000000755
wstat 1 mode=20000200700
wstat 1 mode=20001000700
walk 0 2
create 2 d 20000200755 0
walk 0 3
create 3 n 2000755 0
create 3 n 1000755 0
create 3 n 200755 0
walk 0 4 f
stat 4
wstat 4 mode=2000755
wstat 4 mode=200755
wstat 4 mode=744 gid=3002
END
    assert_equal "$(cd "$root" && stat -c '%n %a %g' f s d | xargs)" 'f 744 3002 s 1700 3002 d 1755 0'
    assert_file_not_exists "$root/n"
}

@test "of a wstat all is done or nothing" {
    local script='walk 0 1 f'
    echo other >"$root/g"
    touch -d @1000 "$root/f"
    # What stands last fails: a name that is there, a length that is none.
    script+="
wstat 1 mode=600 mtime=5 length=2 name=g
stat 1
owner 1
wstat 1 mode=600 mtime=5 name=h length=0x7fffffffffffffff
stat 1
owner 1
wstat 1 mode=600 name=h gid=nosuchgroup
stat 1
wstat 1 mode=600 name=g muid=replace
stat 1"
    talk_9p "Rwalk file
Rerror File exists
Rstat f file 644 6
$user $group 1000
Rerror File too large
Rstat f file 644 6
$user $group 1000
Rerror Invalid argument
Rstat f file 644 6
Rerror Invalid argument
Rstat f file 644 6" <<<"$script"
    assert_equal "$(cat "$root/g")" other
}

@test "who asks in our words has a file replaced by the one that gets its name" {
    echo old >"$root/old"
    talk_9p 'Rwalk file
Rerror File exists
Rwstat
Rstat old file 644 6
Rerror Is a directory' <<'END'
walk 0 1 f
wstat 1 name=old
wstat 1 name=old muid=replace
stat 1
wstat 1 name=a muid=replace
END
    assert_equal "$(ls "$root")" $'a\nold'
    assert_equal "$(cat "$root/old")" hello
}

@test "a tree that is read-only stays as it is" {
    serve=(export -r "$root")
    talk_9p 'Rwalk file
Ropen file
Rread 6 "hello\n"
Rwalk file
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rerror Read-only file system
Rwstat
Rerror Read-only file system
Rerror Bad file descriptor' <<'END'
walk 0 1 f
open 1 0
read 1 0 10
walk 0 2 f
open 2 1
open 2 2
open 2 0x10
open 2 0x40
create 0 x 644 0
create 0 x 20000000755 0
wstat 2 name=x
wstat 2 mode=600
wstat 2 length=6
wstat 2
remove 2
stat 2
END
    assert_equal "$(ls "$root")" $'a\nf'
}

@test "the server may what its user may" {
    need_root
    echo secret >"$root/secret"
    chmod 600 "$root/secret"
    mkdir "$root/closed"
    chmod 700 "$root/closed"
    run as alice ninep-talk export "$root" <<'END'
version 8216
attach 0
walk 0 1 secret
open 1 0
wstat 1 mode=666
wstat 1 length=0
create 0 x 644 0
remove 1
walk 0 1 closed
walk 1 2 x
open 1 0
walk 0 3 f
open 3 0x40
open 3 3
END
    assert_output 'Rversion 8216 9P2000
Rattach dir
Rwalk file
Rerror Permission denied
Rerror Operation not permitted
Rerror Permission denied
Rerror Permission denied
Rerror Permission denied
Rwalk dir
Rerror Permission denied
Rerror Permission denied
Rwalk file
Rerror Permission denied
Rerror Permission denied'
    assert_equal "$(stat -c '%a %s' "$root/secret")" '600 7'
}

@test "who reads a FIFO that is empty waits, and nobody waits for him" {
    mkfifo "$root/fifo"
    talk_9p 'Rwalk device
Ropen device
Rwalk device
Ropen device
Rstat fifo device 644 0
Rwrite 8
5: Rread 3 "one"
6: Rread 3 "two"
7: Rread 2 "xy"
Rclunk
8: Rread 0 ""' <<END
walk 0 1 fifo
open 1 0
walk 0 2 fifo
open 2 1
5: read 1 0 3
6: read 1 0 3
7: read 1 0 3
stat 1
write 2 0 onetwoxy
hear 3
8: read 1 0 3
clunk 2
hear
END
}

@test "who asks for no bytes is told when there are some, or room for some" {
    mkfifo "$root/fifo"
    talk_9p 'Rwalk device
Ropen device
Rwalk device
Ropen device
Rwrite 0
Rwrite 1
5: Rread 0 ""
Rread 1 "x"
Rclunk
Rread 0 ""' <<END
walk 0 1 fifo
open 1 0
walk 0 2 fifo
open 2 1
write 2 0
5: read 1 0 0
write 2 0 x
hear
read 1 0 9
clunk 2
read 1 0 0
END
}

@test "who opens a FIFO that nobody reads waits until somebody does" {
    mkfifo "$root/fifo"
    talk_9p 'Rwalk device
Rwalk file
Rerror Device or resource busy
Rerror Bad file descriptor
Rerror Device or resource busy
Rflush
Rwalk
Ropen device
5: Ropen device
Rwrite 1
Rread 1 "x"' <<END
walk 0 1 fifo
5: open 1 1
walk 0 2 f
open 1 0
write 1 0 x
walk 1 3
flush 5
walk 1 3
5: open 1 1
open 3 0
hear
write 1 0 x
read 3 0 9
END
}

@test "what is written to a FIFO that is full waits for room, in its order" {
    mkfifo "$root/fifo"
    begin='version 131096
attach 0'
    run ninep-talk "${serve[@]}" <<'END'
version 131096
attach 0
walk 0 2 fifo
open 2 0
walk 0 1 fifo
open 1 1
zeros 1 0 65536
5: write 1 0 abcd
6: write 1 0 lost
7: write 1 0 !
8: zeros 1 0 100000
stat 1
flush 6
read 2 0 65536
hear 2
flush 8
read 2 0 5
9: zeros 1 0 65536
10: write 1 0 more
clunk 2
hear 2
END
    assert_success
    # Of what the flushed one has written already is told, before it is flushed.
    assert_equal "$(sed 's/ "\(\\x00\)*"$//; s/^8: Rwrite [1-9][0-9]*$/8: Rwrite some/' \
        <<<"$output")" 'Rversion 131096 9P2000
Rattach dir
Rwalk device
Ropen device
Rwalk device
Ropen device
Rwrite 65536
Rstat fifo device 644 0
Rflush
Rread 65536
5: Rwrite 4
7: Rwrite 1
8: Rwrite some
Rflush
Rread 5 "abcd!"
Rclunk
9: Rerror Broken pipe
10: Rerror Broken pipe'
}

@test "who comes first to a FIFO is served first, though the next could be served now" {
    mkfifo "$root/fifo"
    run ninep-talk "${serve[@]}" <<'END'
version 131096
attach 0
walk 0 1 fifo
open 1 2
5: read 1 0 1
6: write 1 0 a
7: read 1 0 1
8: write 1 0 b
hear 4
zeros 1 0 65530
9: write 1 0 abcdefghij
10: write 1 0 xy
stat 1
read 1 0 65530
hear 2
read 1 0 100
END
    assert_line '5: Rread 1 "a"'
    assert_line '7: Rread 1 "b"'
    assert_line --index 11 '9: Rwrite 10'
    assert_line --index 12 '10: Rwrite 2'
    assert_line --index 13 'Rread 12 "abcdefghijxy"'
}

@test "a flushed request is answered before its flush or never, and others are" {
    mkfifo "$root/fifo"
    talk_9p 'Rflush
Rwalk device
Ropen device
Rflush
Rflush
Rwrite 1
9: Rread 1 "a"
Rflush
Rwalk file
Rstat f file 644 6
Rwrite 1
Rread 1 "b"
7: Rerror Bad file descriptor
8: Rerror Bad file descriptor
Rclunk
Rwalk file' <<END
flush 77
walk 0 2 fifo
open 2 2
5: read 2 0 1
6: read 2 0 1
9: read 2 0 1
flush 6
flush 5
write 2 0 a
flush 9
walk 0 3 f
stat 3
write 2 0 b
read 2 0 1
7: read 2 0 1
8: read 2 0 1
clunk 2
walk 0 2 f
END
}

@test "there may be 16384 fids at a time, and one more is an error" {
    local most
    most=$(ulimit -Hn)
    [ "$most" = unlimited ] || [ "$most" -gt 16500 ] || skip "needs 16500 descriptors"
    run ninep-talk "${serve[@]}" <<'END'
version 8216
attach 0
many 1 16383 walk 0 % f
hear 16383
walk 0 16384 f
walk 0 16384
attach 16384
stat 16383
clunk 5
walk 0 16384 f
stat 16384
END
    assert_equal "$(sed 's/^[0-9]*: //' <<<"$output" | uniq -c | sed 's/^ *//')" \
        '1 Rversion 8216 9P2000
1 Rattach dir
16383 Rwalk file
3 Rerror Too many open files
1 Rstat f file 644 6
1 Rclunk
1 Rwalk file
1 Rstat f file 644 6'
}

@test "1024 requests may wait for files, of which 64 are writes; one more is an error" {
    mkfifo "$root/fifo"
    run ninep-talk "${serve[@]}" <<'END'
version 131096
attach 0
walk 0 1 fifo
open 1 2
many 2 1025 read 1 0 1
read 1 0 1
flush 2
2000: read 1 0 1
zeros 1 0 1024
hear 1024
zeros 1 0 65536
many 2 65 zeros 1 0 4096
write 1 0 x
stat 1
read 1 0 65536
hear 16
END
    assert_equal "$(sed 's/^[0-9]*: //; s/ "\(\\x00\)*"$//' <<<"$output" | uniq -c |
        sed 's/^ *//')" '1 Rversion 131096 9P2000
1 Rattach dir
1 Rwalk device
1 Ropen device
1 Rerror No buffer space available
1 Rflush
1 Rwrite 1024
1024 Rread 1
1 Rwrite 65536
1 Rerror No buffer space available
1 Rstat fifo device 644 0
1 Rread 65536
16 Rwrite 4096'
    assert_line --index 7 '3: Rread 1 "\x00"'
    assert_line --index 1030 '2000: Rread 1 "\x00"'
}

@test "answers that have no room on the wire wait in their order, and can be flushed" {
    head -c 100000 /dev/zero >"$root/large"
    run ninep-talk "${serve[@]}" <<'END'
version 8216
attach 0
walk 0 1 large
open 1 0
walk 0 2 f
many 10 609 read 1 0 8192
700: write 1 0 x
701: stat 2
702: walk 0 3 f
703: stat 3
704: flush 609
705: flush 701
706: clunk 1
hear 604
stat 3
END
    assert_success
    assert_equal "$(sed -n '6,$s/: .*//p' <<<"$output")" "$(seq 10 608; seq 700 706 | grep -v 701)"
    assert_equal "$(sed -n '6,$s/^[0-9]*: \([^"]*\).*/\1/p' <<<"$output" | uniq -c |
        sed 's/^ *//')" '599 Rread 8192 
1 Rerror Bad file descriptor
1 Rwalk file
1 Rstat f file 644 6
2 Rflush
1 Rclunk'
}

@test "who asks on and on, and takes no answer, is left" {
    head -c 100000 /dev/zero >"$root/large"
    run ninep-talk "${serve[@]}" <<'END'
version 8216
attach 0
walk 0 1 large
open 1 0
many 10 3000 read 1 0 8192
END
    assert_failure
    assert_line 'export: warning: no longer in step: No buffer space available'
}

# tty: a tty is in $lab/tty, its name in $n; what stands at its other end reads what is
# written to $lab/p.in, and writes to $lab/p.out. /dev/pts is the tree.
tty() {
    talk p pty "$lab/tty"
    wait_until test -L "$lab/tty"
    n=$(basename "$(readlink "$lab/tty")")
    serve=(export /dev/pts)
}

@test "a tty is read and written where it is" {
    tty
    talk_9p "Rwalk device
Rstat $n device 666 0
Ropen device
Rwrite 6
5: Rread 5 \"typed\"
6: Rread 1 \"m\"
Rread 3 \"ore\"" <<END
walk 0 1 $n
stat 1
open 1 2
write 1 0 hello\\n
5: read 1 0 10
do printf typed >"$lab/p.in"
hear
6: read 1 0 1
do printf more >"$lab/p.in"
hear
read 1 0 100
END
    wait_until grep -qx hello "$lab/p.out"
}

@test "a tty has a file beside it, which says and takes its settings" {
    tty
    run ninep-talk "${serve[@]}" <<END
version 8216
attach 0
walk 0 2 ${n}ctl
stat 2
open 2 0x12
write 2 0 b19200\\ss2
read 2 0 200
write 2 0 zz
read 2 0 7
read 2 7 3
read 2 1000 3
wstat 2 length=0
wstat 2 mode=600
wstat 2 name=other
wstat 2 name=${n}ctl
create 0 ${n}ctl 644 0
remove 2
walk 0 2 ${n}ctl
walk 2 3 ..
open 2 0x40
open 2 0
write 2 0 b9600
walk 0 3 ${n}ctlctl
walk 0 3 ptmxctl
walk 0 3 ctl
open 0 0
ls 0
END
    assert_equal "$(grep -v "^ptmx\|^[0-9]" <<<"$output" | sed 's/28 "b19200 .* s2 .*/b19200 s2/')" \
        "Rversion 8216 9P2000
Rattach dir
Rwalk device
Rstat ${n}ctl device 666 0
Ropen device
Rwrite 9
Rread b19200 s2
Rerror Invalid argument
Rread 7 \"b19200 \"
Rread 3 \"l8 \"
Rread 0 \"\"
Rwstat
Rerror Operation not permitted
Rerror Operation not permitted
Rwstat
Rerror File exists
Rerror Operation not permitted
Rwalk device
Rerror Not a directory
Rerror Operation not permitted
Ropen device
Rerror Bad file descriptor
Rerror No such file or directory
Rerror No such file or directory
Rerror No such file or directory
Ropen dir"
    assert_line "$n device 666 0"
    assert_line "${n}ctl device 666 0"
    refute_line --partial ptmxctl
}

@test "a break is over when its write is answered, and a flush ends it" {
    tty
    talk_9p 'Rwalk device
Ropen device
Rwrite 2
Rwrite 1
Rstat / dir 20000000755 0
5: Rwrite 6
Rflush
6: Rwrite 6
Rclunk' <<END
walk 0 1 ${n}ctl
open 1 1
write 1 0 k5
5: write 1 0 k10000
write 1 0 f
stat 0
flush 5
6: write 1 0 k10000
clunk 1
END
}

@test "a block device has its size, and is read and written at any place" {
    local loop
    need_root
    truncate -s 5G "$lab/image"
    loop=$(losetup -f --show "$lab/image" 2>/dev/null) || skip "needs a loop device"
    mknod "$root/disk" b 7 "${loop#/dev/loop}"
    chmod 600 "$root/disk"
    run ninep-talk "${serve[@]}" <<END
version 8216
attach 0
walk 0 1 disk
stat 1
open 1 0x12
stat 1
write 1 5368709118 xy
write 1 5368709118 xyz
read 1 5368709118 100
wstat 1 length=0
wstat 1
stat 1
END
    losetup -d "$loop"
    assert_equal "$output" 'Rversion 8216 9P2000
Rattach dir
Rwalk device
Rstat disk device 600 5368709120
Ropen device
Rstat disk device 600 5368709120
Rwrite 2
Rwrite 2
Rread 2 "xy"
Rwstat
Rwstat
Rstat disk device 600 5368709120'
    assert_equal "$(tail -c 2 "$lab/image")" xy
}

@test "what has neither an end nor a place is read and written as it comes" {
    need_root
    mknod "$root/zero" c 1 5
    mknod "$root/full" c 1 7
    chmod 666 "$root/zero" "$root/full"
    talk_9p 'Rwalk device
Ropen device
Rread 3 "\x00\x00\x00"
Rread 3 "\x00\x00\x00"
Rwrite 1
Rwalk device
Ropen device
Rerror No space left on device' <<'END'
walk 0 1 zero
open 1 2
read 1 0 3
read 1 0x100000000 3
write 1 0 x
walk 0 2 full
open 2 1
write 2 0 x
END
}

@test "a socket is a file that cannot be opened" {
    lab_start socat "UNIX-LISTEN:$root/socket" -
    wait_until test -S "$root/socket"
    talk_9p 'Rwalk device
Rerror No such device or address
Rremove' <<'END'
walk 0 1 socket
open 1 0
remove 1
END
}

@test "our own mount below the tree is not there" {
    need_root
    mkdir "$root/n"
    run unshare -m sh -c 'mount -t tmpfs none "$1/n"; exec ninep-talk export "$1" "$1/n"' \
        - "$root" <<'END'
version 8216
attach 0
walk 0 1 n
create 0 n 644 0
walk 0 1
open 1 0
ls 1
END
    assert_output 'Rversion 8216 9P2000
Rattach dir
Rerror No such file or directory
Rerror File exists
Rwalk
Ropen dir
a dir 20000000755 0
f file 644 6'
}

@test "links are followed, and the muid says that they are links" {
    local dirs files
    dirs="$(stat -c '%U %G' "$root/a") 77" files="$(stat -c '%U %G' "$root/f") 77"
    ln -s ../f "$root/a/in"
    ln -s "$root/f" "$root/a/absolute"
    ln -s b "$root/a/dir"
    ln -s b/../../a/b "$root/a/round"
    ln -s ../.. "$root/a/out"
    ln -s nothing "$root/a/nothing"
    touch -d @77 "$root/f" "$root/a/b"
    touch -h -d @77 "$root/a/out" "$root/a/nothing"
    talk_9p "Rwalk dir file
$files -> ../f
Rwalk dir file
$files -> ../f
Rwalk dir dir
$dirs -> b
Rwalk dir dir
$dirs -> b
Rwalk file
$files
Rwalk dir file
$files
Rwalk dir file
$files -> nothing
Rwalk dir dir dir
Rstat c dir 20000000755 0" <<'END'
walk 0 1 a in
owner 1
walk 0 2 a absolute
owner 2
walk 0 3 a dir
owner 3
walk 0 4 a round
owner 4
walk 0 5 f
owner 5
walk 0 6 a out
owner 6
walk 0 7 a nothing
owner 7
walk 0 8 a dir c
stat 8
END
}

@test "an entry of a link fits whatever holds any other" {
    local long one
    rm -r "$root"
    mkdir "$root"
    long=$(printf '%0255d/' {1..15})
    ln -s "${long// /}" "$root/link"
    one=$((49 + 4 + ${#user} + ${#group}))
    talk_9p "Ropen dir
Rread $((one + 3 + 15 * 256)), 1 entries
Rread $((one + 3)), 1 entries" <<END
open 0 0
entries 0 0 8192
entries 0 0 $((one + 100))
END
}

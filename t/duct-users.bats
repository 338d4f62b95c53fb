#!/usr/bin/env bats
# A duct that is used by several users, each of whom does what he may himself.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
    chmod 755 a a/own b b/own
    for user in daemon games; do
        id "$user" >/dev/null || skip "needs a user called $user"
    done
}

teardown() {
    ! mountpoint -q "$lab/b/own/tty" || umount -l "$lab/b/own/tty"
    duct_teardown
}

# talk_9p WANTED OPTION...: the dialogue of descriptor 0 with the exporter of b/own, after
# the version, has these answers. FID 1 is of daemon, 2 of games, 3 of root.
talk_9p() {
    local lines
    lines=$(
        echo 'version 8216 9P2000'
        printf 'attach %s / 4294967295 %s\n' 1 daemon 2 games 3 root
        cat
    )
    run --separate-stderr ninep-talk vlab-duct -x -u "${@:2}" b/own <<<"$lines"
    assert_success
    assert_equal "$(tail -n +5 <<<"$output")" "$1"
}

# owned USER MODE FILE: make it.
owned() {
    echo text >"$3"
    chown "$1:$1" "$3"
    chmod "$2" "$3"
}

@test "who attaches as nobody that is known is refused" {
    talk_9p 'Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Bad file descriptor' <<'END'
attach 4 / 4294967295 no-such-user
attach 4 / 4294967295
attach 4 / 4294967295 0
stat 4
END
}

@test "what is opened is opened as the user of the attach, whoever was asked for before" {
    owned daemon 600 b/own/his
    owned root 640 b/own/group
    chgrp games b/own/group
    mkdir -m 700 b/own/closed
    echo text >b/own/closed/file
    talk_9p 'Rwalk file
Rwalk file
Rwalk file
Ropen file
Rerror Permission denied
Ropen file
Rread 5 "text\n"
Rwalk file
Rwalk file
Rerror Permission denied
Ropen file
Rwalk file
Rerror Permission denied
Rwalk dir file
Rwalk dir
Rerror Permission denied' <<'END'
walk 1 11 his
walk 2 12 his
walk 3 13 his
open 11 2
open 12 0
open 13 0
read 11 0 10
walk 1 21 group
walk 2 22 group
open 21 0
open 22 0
walk 2 23 group
open 23 1
walk 3 33 closed file
walk 2 32 closed
open 32 0
END
}

@test "what is made, changed and removed is so as the user of the attach" {
    chmod 1777 b/own
    talk_9p 'Rwalk
Rcreate file
Rwalk
Rcreate dir
Rwalk file
Rerror Operation not permitted
Rerror Operation not permitted
Rwalk file
Rwstat
Rwalk dir
Rremove
Rwalk file
Rremove
Rwalk
Rcreate file' <<'END'
walk 1 11
create 11 his 666 1
walk 1 12
create 12 dir 20000000777 0
walk 2 21 his
wstat 21 mode=600
remove 21
walk 1 13 his
wstat 13 mode=600
walk 1 14 dir
remove 14
walk 3 33 his
remove 33
walk 1 15
create 15 kept 666 1
END
    assert_equal "$(stat -c '%U %G' b/own/kept)" 'daemon daemon'
    assert_equal "$(ls b/own)" kept
}

@test "what is removed with its last use is removed as the user of the attach" {
    mkdir -m 777 b/own/dir
    talk_9p 'Rwalk dir
Rcreate file
Rwalk dir
Rcreate file
Rwalk dir file
Rstat / dir 20000000755 0
Rclunk' <<END
walk 1 11 dir
create 11 his 666 0x41
walk 1 12 dir
create 12 other 666 0x41
walk 2 22 dir his
stat 3
do chmod 755 b/own/dir
clunk 11
END
    # He may not any more, and root does not for him; nor when all has ended.
    assert_exists b/own/dir/his
    assert_exists b/own/dir/other
}

@test "a FIFO that waits for its other end is opened as the one who waits" {
    mkfifo -m 600 b/own/fifo
    chown daemon b/own/fifo
    talk_9p 'Rwalk device
Rwalk device
Rwalk device
Rerror Permission denied
Ropen device
7: Ropen device
Rwrite 2' <<'END'
walk 1 11 fifo
walk 1 12 fifo
walk 2 22 fifo
7: open 11 1
open 22 0
open 12 0
hear 1
write 11 0 hi
END
}

@test "sync and close ask for nothing that their user may not" {
    owned daemon 600 b/own/his
    owned games 600 b/own/others
    talk_9p 'Rwalk file
Rwalk file
Rwstat
Rwalk file
Rerror Permission denied
Rwstat' <<'END'
walk 1 11 his
walk 2 12 others
wstat 11
walk 1 13 others
wstat 13
wstat 12
END
}

@test "he whose work is done has no power over who does it" {
    owned daemon 600 b/own/his
    cat >look <<'END'
pid=$(ps -o pid=,comm= --ppid "$1" | sed -n "s/^ *\([0-9]*\) vlab-duct$/\1/p")
awk '/^[UG]id:/ { print $2, $3, $4, $5 }' "/proc/$pid/status" >ids
setpriv --reuid=daemon --regid=daemon --clear-groups kill -TERM "$pid" 2>refused || :
END
    talk_9p 'Rwalk file
Ropen file
Rread 5 "text\n"' <<'END'
walk 1 11 his
open 11 0
do sh look $PPID
read 11 0 10
END
    assert_equal "$(<ids)" $'0 0 0 0\n0 0 0 0'
    run -0 cat refused
    assert_output --partial 'not permitted'
}

@test "only root can act for others" {
    run -111 as alice vlab-duct -x -u b/own <>/dev/null
    assert_output --partial 'only root can act for others'
}

@test "of the root directory only what fits a pattern is there, and ctl files with their ttys" {
    talk tty pty "$lab/line"
    wait_until test -c line
    : >b/own/tty
    mount --bind "$(readlink line)" b/own/tty
    chmod 620 b/own/tty
    mkdir -p b/own/bus/usb b/own/bus/.usb b/own/deep/down b/own/empty
    touch b/own/a b/own/ab b/own/bus/pci b/own/bus/usb/1 b/own/deep/down/1 b/own/deep/up
    ln -s a b/own/abnormal
    ln -s ab b/own/abler
    talk_9p 'Rwalk
Ropen dir
ab file 644 0
abler file 644 0
abnormal file 0 1
bus dir 20000000755 0
deep dir 20000000755 0
tty device 620 0
ttyctl device 620 0
Rwalk dir
Ropen dir
pci file 644 0
usb dir 20000000755 0
Rwalk dir
Ropen dir
down dir 20000000755 0
Rerror No such file or directory
Rerror No such file or directory
Rerror No such file or directory
Rwalk dir
Rwalk dir dir file
Rwalk device
Rwalk dir dir dir
Rwalk dir
Rwalk file
Rerror No such file or directory' -d 'ab*' -d 'bus/*' -d 'deep/d*' -d tty <<'END'
walk 3 10
open 10 0
ls 10
walk 3 11 bus
open 11 0
ls 11
walk 3 12 deep
open 12 0
ls 12
walk 3 13 a
walk 3 13 empty
walk 3 13 actl
walk 3 14 deep up
walk 3 15 deep down 1
walk 3 16 ttyctl
walk 3 17 deep down ..
walk 3 18 bus .usb
walk 3 20 abnormal
open 20 0
END
    umount -l b/own/tty
}

@test "nothing is made or renamed so that it would fit no pattern" {
    talk_9p 'Rwalk
Rerror Operation not permitted
Rcreate file
Rwstat
Rerror Operation not permitted
Rwalk
Rcreate dir
Rwalk dir
Rcreate file
Rwalk
Rerror Operation not permitted' -d 'ab*' -d way/on <<'END'
walk 3 10
create 10 b 644 1
create 10 ab 644 1
wstat 10 name=abc
wstat 10 name=b
walk 3 11
create 11 way 20000000755 0
walk 3 12 way
create 12 on 644 1
walk 3 13
create 13 on 644 1
END
    assert_equal "$(cd b/own && find . | sort)" $'.\n./abc\n./way\n./way/on'
}

@test "a pattern that no path can fit is refused" {
    for pattern in '' / /dev/tty bus/ bus//usb; do
        run -100 vlab-duct -x -d "$pattern" b/own
        assert_output --partial 'that is no path from the exported directory'
    done
}

# by USER COMMAND...: as that user, with his groups.
by() {
    setpriv --reuid="$1" --regid="$1" --init-groups "${@:2}"
}

@test "each user of a mount opens as himself, and the peer says what he may" {
    owned daemon 600 b/own/his
    owned root 640 b/own/group
    chgrp games b/own/group
    mkdir -p b/own/closed/deep
    owned games 666 b/own/closed/deep/file
    chmod 700 b/own/closed
    duct_pair socket vlab-duct -v -m -u a/peer -- vlab-duct -v -x -u b/own
    wait_until duct_has_said a mounted
    assert_equal "$(by daemon cat a/peer/his)" text
    run -1 by games cat a/peer/his
    assert_output --partial 'Permission denied'
    assert_equal "$(by games cat a/peer/group)" text
    run -1 by daemon cat a/peer/group
    assert_output --partial 'Permission denied'
    run -2 by games sh -c 'echo more >a/peer/group'
    assert_output --partial 'Permission denied'
    run -1 by games cat a/peer/closed/deep/file
    assert_output --partial 'Permission denied'
    run -2 by games ls a/peer/closed
    assert_output --partial 'Permission denied'
    assert_equal "$(cat a/peer/closed/deep/file)" text
    by daemon sh -c 'echo more >a/peer/his'
    assert_equal "$(<b/own/his)" more
    duct_unmount a
    duct_ends 0 0
}

@test "who is not root changes nothing in such a mount but what is open" {
    owned daemon 666 b/own/his
    chmod 777 b/own
    duct_pair socket vlab-duct -v -m -u a/peer -- vlab-duct -v -x -u b/own
    wait_until duct_has_said a mounted
    for command in 'mkdir dir' 'touch new' 'rm -f his' 'mv his other' 'chmod 600 his' \
        'truncate -cs 0 new' 'touch -d @5 his'; do
        run by daemon sh -c "cd a/peer && $command"
        [ "$command" = 'truncate -cs 0 new' ] || assert_output --partial 'not permitted'
    done
    run -0 by daemon perl -e 'open(F, "+<", "a/peer/his") && truncate(F, 2) || die "$!"'
    assert_equal "$(<b/own/his)" te
    run -2 setpriv --reuid=54321 --regid=54321 --clear-groups sh -c ': <a/peer/his'
    assert_output --partial 'not permitted'
    touch a/peer/new
    chmod 600 a/peer/his
    assert_equal "$(ls b/own)" $'his\nnew'
    duct_unmount a
    duct_ends 0 0
}

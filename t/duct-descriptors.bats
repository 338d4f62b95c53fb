#!/usr/bin/env bats
# What a peer has us hold open: not more than there may be, and not longer than of use.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    ! mountpoint -q "$lab/b/own/usb" || umount -l "$lab/b/own/usb"
    duct_teardown
}

# served_by COMMAND...: b, which is started by this, exports b/own alone; a mounts it.
served_by() {
    duct_pair socket vlab-duct -v -m a/peer -- "$@" vlab-duct -x b/own
    wait_until duct_has_said a mounted
}

# many FILES: in 20 directories of b/own, each a text of its own.
many() {
    local i
    mkdir b/own/{1..20}
    for ((i = 0; i < $1; i++)); do
        echo "text $i" >"b/own/$((i % 20 + 1))/$i"
    done
}

# all_there FILES: each of them is read, each looked at by its name alone.
all_there() {
    local i
    for ((i = 0; i < $1; i++)); do
        echo "a/peer/$((i % 20 + 1))/$i"
    done | shuf | xargs stat -c %n >list
    assert_equal "$(wc -l <list)" "$1"
    assert_equal "$(find a/peer -type f -exec cat {} + | sort -u | wc -l)" "$1"
}

@test "an exporter that may have few descriptors serves a tree of many files" {
    many 600
    chmod -R a+rX b
    served_by setpriv --reuid=2005 --regid=2005 --clear-groups prlimit --nofile=150
    all_there 600
    # All that are open at once must be open over there, and are no reason to fail for ever.
    # shellcheck disable=SC2016
    run perl -e 'for (0 .. 599) {
            my $f; my $n = $_ % 20 + 1;
            open($f, "<", "a/peer/$n/$_") ? push(@f, $f) : do { print "$!\n"; exit };
        }'
    assert_output 'Too many open files'
    all_there 600
    duct_unmount a
    duct_ends 0 0
}

@test "what is made with the last descriptors is written where it was meant to be" {
    chmod -R a+rwX b
    touch b/own/old{1..200}
    served_by setpriv --reuid=2005 --regid=2005 --clear-groups prlimit --nofile=128
    # shellcheck disable=SC2016
    run perl -e 'use Fcntl qw(SEEK_SET);
        for (0 .. 199) {
            my $f;
            open($f, "+>", "a/peer/new$_") or do { print "$!\n"; exit };
            for (["HELLO", 8192], ["world", 0]) {
                sysseek($f, $_->[1], SEEK_SET) && syswrite($f, $_->[0]) == 5 or die $!;
            }
            push(@f, $f);
        }'
    assert_output 'Too many open files'
    [ "$(find b/own -name 'new*' -size +0 | wc -l)" -gt 10 ]
    run find b/own -name 'new*' -size +0 ! -size 8197c
    assert_output ''
    duct_unmount a
    duct_ends 0 0
}

@test "root has as many descriptors as he needs, whatever the limit was" {
    prlimit --nofile=150 prlimit --nofile=151 true 2>/dev/null || skip "root may not raise limits here"
    many 600
    served_by prlimit --nofile=150
    all_there 600
    # shellcheck disable=SC2016
    perl -e 'for (0 .. 599) {
            my $f; my $n = $_ % 20 + 1;
            open($f, "<", "a/peer/$n/$_") or die "$_: $!"; push(@f, $f);
        }'
    duct_unmount a
    duct_ends 0 0
}

@test "a file system below the export can be unmounted when nobody has asked for a while" {
    mkdir b/own/usb
    mount -t tmpfs none b/own/usb
    mkdir b/own/usb/d
    echo text >b/own/usb/d/file
    duct tcp
    assert_equal "$(<a/peer/usb/d/file)" text
    ls -lR a/peer >list
    # What is open elsewhere is no matter.
    touch b/own/else
    exec {there}<a/peer/else
    wait_until umount b/own/usb
    cat <&"$there"
    exec {there}<&-
    run ! cat a/peer/usb/d/file
    # And is there again when it is mounted again.
    mount -t tmpfs none b/own/usb
    echo again >b/own/usb/file
    wait_until grep -qs again a/peer/usb/file
    umount -l b/own/usb
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

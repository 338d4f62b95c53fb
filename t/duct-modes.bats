#!/usr/bin/env bats
# What a file may and who may: mode bits, times and limits, from one side to the other.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    ! mountpoint -q "$lab/b/own/t" || umount -l "$lab/b/own/t"
    duct_teardown
}

done_with() {
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

# modes FILE...: their modes and groups.
modes() {
    stat -c '%a %g' "$@" | xargs
}

@test "a sticky directory is one on the other side, and protects there what is not one's own" {
    mkdir b/own/tmp
    chmod 1777 b/own/tmp
    touch b/own/tmp/of-root
    duct socket -t 0
    assert_equal "$(stat -c %a a/peer/tmp)" 1777
    run ! as eve rm -f a/peer/tmp/of-root
    assert_output --partial 'Operation not permitted'
    run ! as eve mv a/peer/tmp/of-root a/peer/tmp/other
    assert_file_exists b/own/tmp/of-root
    ls -l a/peer >list
    grep -q '^drwxrwxrwt .* tmp$' list
    done_with
}

@test "the sticky bit is made and taken away from the other side" {
    duct socket -t 0
    mkdir a/peer/one
    chmod 1777 a/peer/one
    mkdir -m 1770 a/peer/two
    perl -e 'umask 0; mkdir("a/peer/three", 01733) or die'
    assert_equal "$(stat -c %a b/own/{one,two,three} | xargs)" '1777 1770 1733'
    assert_equal "$(stat -c %a a/peer/{one,two,three} | xargs)" '1777 1770 1733'
    chmod 0755 a/peer/one
    assert_equal "$(stat -c %a b/own/one a/peer/one | xargs)" '755 755'
    # Of a file it means nothing.
    touch a/peer/file
    run ! chmod 1644 a/peer/file
    done_with
}

@test "set-id bits are not asked for" {
    duct socket -t 0
    mkdir a/peer/d
    touch a/peer/f
    for mode in 4755 2755 6755; do
        run ! chmod $mode a/peer/f
        assert_output --partial 'Operation not permitted'
        # shellcheck disable=SC2016
        run perl -e 'use Fcntl; sysopen($f, "a/peer/new", O_CREAT | O_RDWR, oct $ARGV[0]) or print "$!"' $mode
        assert_output 'Operation not permitted'
    done
    run ! chmod 2755 a/peer/d
    assert_file_not_exists b/own/new
    assert_equal "$(stat -c %a b/own/{f,d} | xargs)" '644 755'
    done_with
}

@test "no set-id bit survives what is written from the other side, and a directory keeps its own" {
    for file in written cut emptied; do
        echo text >b/own/$file
        chgrp 3002 b/own/$file
        chmod 6775 b/own/$file
    done
    mkdir b/own/d
    chgrp 3002 b/own/d
    chmod 2775 b/own/d
    duct socket -t 0
    echo more >>a/peer/written
    truncate -s 1 a/peer/cut
    : >a/peer/emptied
    assert_equal "$(modes b/own/{written,cut,emptied})" '775 3002 775 3002 775 3002'
    # Who is not in its group may be root.
    chmod 770 a/peer/d
    mkdir -m 700 a/peer/d/below
    assert_equal "$(modes b/own/d b/own/d/below)" '2770 3002 2700 3002'
    done_with
}

@test "a file that would be longer than the exporter may make it is an error, not his end" {
    duct socket
    prlimit --pid "$b" --fsize=102400
    run ! dd if=/dev/zero of=a/peer/long bs=64k count=16 conv=fsync status=none
    assert_output --partial 'File too large'
    echo text >a/peer/short
    assert_equal "$(<b/own/short)" text
    done_with
}

@test "times that 9P cannot say are refused, and the nearest is shown" {
    touch -d @5000000000 b/own/late
    touch -d 1960-01-01 b/own/early
    duct socket -t 0
    assert_equal "$(stat -c '%X %Y' a/peer/{late,early} | xargs)" '4294967294 4294967294 0 0'
    touch -d @77 a/peer/file
    for time in 5000000000 4294967296 4294967295 -5; do
        run ! touch -d @$time a/peer/file
        assert_output --partial 'Invalid argument'
    done
    assert_equal "$(stat -c %Y b/own/file)" 77
    touch -d @4294967294 a/peer/file
    assert_equal "$(stat -c '%X %Y' b/own/file)" '4294967294 4294967294'
    touch -d @0 a/peer/file
    assert_equal "$(stat -c '%X %Y' b/own/file)" '0 0'
    done_with
}

@test "the time of the last access is set, alone or with the other" {
    touch -d @77 b/own/file
    duct socket -t 0
    touch -a -d @88 a/peer/file
    assert_equal "$(stat -c '%X %Y' b/own/file a/peer/file | xargs)" '88 77 88 77'
    touch -m -d @99 a/peer/file
    assert_equal "$(stat -c '%X %Y' b/own/file)" '88 99'
    cp -p b/own/file a/peer/copy
    assert_equal "$(stat -c %Y b/own/copy)" 99
    tar -C b/own -cf - file | tar -C a/peer -xpf - --transform s/file/tarred/
    assert_equal "$(stat -c %Y b/own/tarred)" 99
    done_with
}

@test "what is mounted below the export when our mount has gone is seen" {
    mkdir b/own/m b/own/t
    duct_pair socket vlab-duct -v a/own a/peer -- vlab-duct -v b/own b/own/m
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
    run ! ls a/peer/m
    umount b/own/m
    wait_until duct_has_said b unmounted
    # It gets the number that the other one had.
    mount -t tmpfs none b/own/t
    touch b/own/t/file
    wait_until test -e a/peer/t/file
    ls a/peer >list
    assert_equal "$(xargs <list)" 'm t'
    umount -l b/own/t
    duct_unmount a
    duct_ends 0 0
}

@test "of the space on the other side nothing is known" {
    duct socket
    assert_equal "$(stat -f -c '%b %f %a %c %d %l' a/peer)" '0 0 0 0 0 255'
    run -0 df -a --output=size,pcent a/peer
    assert_line --index 1 --regexp '^ *(0|-) +- *$'
    done_with
}

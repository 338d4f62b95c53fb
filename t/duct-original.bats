#!/usr/bin/env bats
# vlab-duct and a peer as the first duct was: t/original, which shares nothing with lib/.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
    original_setup
}

teardown() {
    original_teardown
    duct_teardown
}

# bytes: what the original serves by that name.
bytes() {
    perl -e 'print map { pack "V", $_ * 2654435761 % 4294967296 } 1 .. 500000'
}

@test "each sees the other's files, answered in any order, and many at a time" {
    cp -r "$tree"/conf a/own
    head -c 1000000 /dev/urandom >a/own/large
    : >a/own/empty
    for link in socket tcp; do
        original $link
        order "copy copy.$link"
        bytes | cmp - a/peer/bytes
        assert_equal "$(<a/peer/hello)" 'hello from the original'
        assert_equal "$(cat a/peer/dir/file?? | sort -V)" "$(printf 'text of %s\n' {10..99})"
        cp -r "$tree"/conf a/peer/new
        diff -r "$tree"/conf a/peer/new
        mv a/peer/new/cc a/peer/new/moved
        mv a/peer/new/moved a/peer/new/ld
        cmp "$tree"/conf/cc a/peer/new/ld
        truncate -s 100 a/peer/new/ld
        chmod 600 a/peer/new/ld
        touch -d @1234567890 a/peer/new/ld
        assert_equal "$(stat -c '%s %a %Y' a/peer/new/ld)" '100 600 1234567890'
        rm -r a/peer/new
        assert_equal "$(ls a/peer)" $'bytes\ndir\nempty\nhello'
        run ! cat a/peer/missing
        assert_output --partial 'No such file or directory'
        wait_until duct_has_said b copied
        diff -r a/own "copy.$link"
        duct_unmount a
        wait_until duct_has_said b 'has ended, after its root'
        order close
        duct_ends 0 0
        run ! duct_has_said b 'overtaken 0$'
    done
}

@test "we speak first, and wait for nobody" {
    duct_pair socket vlab-duct -v a/own a/peer -- original orders mute
    wait_until duct_has_said b 'the peer has said Tversion'
    wait_until duct_has_said a 'mounted at'
    order begin ': attached'
    duct_unmount a
    order close
    duct_ends 0 0
}

@test "we end first: root clunked, five bytes; he goes on, and both are done when he has ended" {
    echo text >a/own/file
    original socket
    cat a/peer/dir/file1 a/peer/bytes >bytes
    duct_unmount a
    wait_until duct_has_said b 'the peer has ended, after its root$'
    order 'copy copy' copied
    diff -r a/own copy
    wait_until duct_has_said a unmounted
    run ! duct_has_said a 'the peer has'
    kill -0 "$a"
    # He does not hang up: that he ends, and has heard the end, shows that we do.
    order close
    duct_ends 0 0
    duct_has_said b 'the end of the connection'
}

@test "he ends first: we go on, and are done when we have ended, though he hangs up only then" {
    echo text >a/own/file
    original socket
    order 'copy copy' copied
    order close closed
    wait_until duct_has_said a 'the peer has unmounted'
    bytes | cmp - a/peer/bytes
    cp copy/file a/peer/file
    assert_equal "$(<a/peer/file)" text
    duct_unmount a
    duct_ends 0 0
    duct_has_said b 'the peer has ended, after its root$'
}

# original_holds: it has attached, and has not let us attach.
original_holds() {
    duct_pair socket vlab-duct -v a/own a/peer -- original orders mute
    order 'hold attach' holding
    order begin ': attached'
    wait_until duct_has_said b 'holds 1 Tattach'
}

@test "all orders of ends work while something is not mounted yet" {
    # He has ended, and then lets us attach.
    original_holds
    order close closed
    wait_until duct_has_said a 'the peer has unmounted'
    run ! duct_has_said a 'mounted at'
    order go going
    wait_until duct_has_said a 'mounted at'
    assert_equal "$(<a/peer/hello)" 'hello from the original'
    duct_unmount a
    duct_ends 0 0

    # He has ended, and never lets us attach.
    for sig in TERM INT HUP; do
        original_holds
        order close closed
        wait_until duct_has_said a 'the peer has unmounted'
        kill -$sig "$a"
        duct_ends 0 2
        run ! duct_has_said a 'mounted at'
    done

    # We have ended before he says anything.
    duct_pair socket vlab-duct -v a/own a/peer -- original orders mute
    wait_until duct_has_said a 'mounted at'
    duct_unmount a
    wait_until duct_has_said b 'the peer has ended, after its root$'
    order begin ': attached'
    order 'copy copy' copied
    order close
    duct_ends 0 0
}

@test "a file that is closed while we unmount is given back, as the root is" {
    original socket
    exec {fd}<a/peer/hello
    order 'hold clunk' holding
    exec {fd}<&-
    wait_until duct_has_said b 'holds 1 Tclunk'
    duct_unmount a
    wait_until duct_none_mounted
    all_done
    order go going
    wait_until duct_has_said b 'the peer has ended, after its root$'
    order close
    duct_ends 0 0
}

@test "a tag may be in use both ways" {
    original socket
    exec {fd}<a/peer/bytes
    order 'hold read' holding
    head -c 100000 <&"$fd" >read.out 3>&- &
    reader=$!
    wait_until duct_has_said b 'holds [1-9][0-9]* Tread'
    order same 'same tags: [1-9]'
    order go going
    wait $reader
    exec {fd}<&-
    bytes | head -c 100000 | cmp - read.out
    duct_unmount a
    order close
    duct_ends 0 0
}

@test "one reader, and one writer, have many messages in flight" {
    original socket
    exec {fd}<a/peer/bytes
    # Who reads on and on is read ahead of.
    head -c 1000000 <&"$fd" >read.out
    order 'hold read' holding
    cat <&"$fd" >>read.out 3>&- &
    reader=$!
    wait_until duct_has_said b 'holds [3-9][0-9] Tread'
    order go going
    wait $reader
    bytes | cmp - read.out
    exec {fd}<&-

    order 'hold write' holding
    bytes >bytes
    cp bytes a/peer/copy 3>&- &
    writer=$!
    wait_until duct_has_said b 'holds [3-9][0-9] Twrite'
    order go going
    wait $writer
    cmp bytes a/peer/copy
    duct_unmount a
    order close
    duct_ends 0 0
}

# asks PID: does it wait for an answer of the file system?
asks() {
    [[ $(<"/proc/$1/wchan") == *request_wait_answer || $(<"/proc/$1/wchan") == 0 ]]
}

# waited WHAT: the bytes that were heard before it.
waited() {
    sed -n "s/.*: \([0-9]*\) bytes of . before the first $1$/\1/p" b.err
}

@test "a small message of one half goes out before the bulk of the other that waits" {
    truncate -s 2M a/own/large
    original socket
    # 2 MB for him, of which the socket takes some; then one question of ours.
    order 'many 250' asked
    all_done
    stat a/peer/dir >stat.out 3>&- &
    pid=$!
    wait_until asks $pid
    all_done
    order hear 'had all'
    wait $pid
    echo "$(waited T) bytes"
    [ "$(waited T)" -lt 400000 ]

    # Writes of ours, as many as may be in flight; then one question of his. Nobody else
    # has the file open: to close it would wait for them.
    bytes >bytes
    mkfifo go
    sh -c 'read -r _ <go; exec cat bytes' >a/peer/copy 3>&- &
    pid=$!
    wait_until eval "[[ \$(readlink /proc/$pid/fd/1) == *peer/copy ]]"
    order deaf deaf
    echo >go
    wait_until asks $pid
    all_done
    order stat 'asked'
    all_done
    order hear Rstat
    wait $pid
    echo "$(waited R) bytes"
    [ "$(waited R)" -lt 400000 ]
    duct_unmount a
    order close
    duct_ends 0 0
}

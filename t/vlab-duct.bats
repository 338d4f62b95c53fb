#!/usr/bin/env bats
# vlab-duct: two ends of a connection see each other's files. Options, links, ends.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    duct_teardown
}

# assert_dir_empty DIR
assert_dir_empty() {
    assert_equal "$(ls -A "$1")" ''
}

# one_line END TEXT: it has said this, as its last word, and nothing else but news.
one_line() {
    run grep -v -e mounted -e heard "$lab/$1.err"
    assert_output "vlab-duct: fatal: $2"
}

@test "over a socket, a TCP connection or pipes both ends see each other's files" {
    for link in socket tcp pipes; do
        echo "of a by $link" >a/own/file
        echo "of b by $link" >b/own/file
        duct "$link"
        assert_equal "$(<a/peer/file)" "of b by $link"
        assert_equal "$(<b/peer/file)" "of a by $link"
        head -c 3000000 /dev/urandom >a/peer/large
        cmp a/peer/large b/own/large
        duct_unmount a
        duct_unmount b
        duct_ends 0 0
        assert_dir_empty a/peer
        rm b/own/large
    done
}

@test "when one end has unmounted, the other sees its files still" {
    for first in a b; do
        echo text >"$first/own/file"
        last=${first/[ab]/$([ $first = a ] && echo b || echo a)}
        duct socket
        duct_unmount $first
        wait_until duct_has_said "$last" 'the peer has unmounted'
        assert_equal "$(<"$last/peer/file")" text
        duct_unmount "$last"
        duct_ends 0 0
    done
}

@test "both may unmount at once" {
    duct pipes
    duct_unmount a &
    duct_unmount b
    wait $!
    duct_ends 0 0
}

@test "one end may export only, and the other mount only" {
    echo text >a/own/file
    duct_pair socket vlab-duct -v -x a/own -- vlab-duct -v -m b/peer
    wait_until duct_has_said b mounted
    assert_equal "$(<b/peer/file)" text
    duct_unmount b
    duct_ends 0 0
}

@test "an end that exports only serves one that does both, and is done when that has unmounted" {
    echo text >a/own/file
    duct_pair tcp vlab-duct -v -x a/own -- vlab-duct -v b/own b/peer
    wait_until duct_has_said b mounted
    assert_equal "$(<b/peer/file)" text
    duct_unmount b
    duct_ends 0 0
}

@test "who wants to mount where nothing is exported is told so" {
    duct_pair socket vlab-duct -m a/peer -- vlab-duct b/own b/peer
    duct_ends 111 111
    one_line b "unable to mount at $lab/b/peer: the peer does not let us attach: No such file or directory"
}

@test "what is exported read-only cannot be changed" {
    echo text >a/own/file
    duct socket -r
    run ! sh -c 'echo changed >b/peer/file'
    assert_output --partial 'Read-only file system'
    run ! mkdir b/peer/directory
    run ! rm b/peer/file
    assert_equal "$(<b/peer/file)" text
    # The other direction is not concerned.
    echo changed >a/peer/file
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

@test "with -n the mount is in a directory of that name, made if it is missing" {
    duct_pair socket vlab-duct -v -n bob a/own a/peer -- vlab-duct -v b/own b/peer
    wait_until duct_has_said a 'mounted at .*/a/peer/bob,'
    wait_until duct_has_said b mounted
    echo text >a/peer/bob/file
    assert_equal "$(<b/own/file)" text
    umount a/peer/bob
    wait_until assert_dir_empty a/peer
    duct_unmount b
    duct_ends 0 0

    mkdir a/peer/bob
    duct_pair socket vlab-duct -v -n bob a/own a/peer -- vlab-duct -v b/own b/peer
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
    kill -KILL "$a"
    duct_ends 137 111
    assert_dir_exists a/peer/bob
    rmdir a/peer/bob

    duct_pair socket vlab-duct -v -n bob a/own a/peer -- vlab-duct -v b/own b/peer
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
    kill -KILL "$a"
    duct_ends 137 111
    wait_until assert_dir_empty a/peer
}

@test "descriptors other than 0 and 1 can be named" {
    duct_pair socket sh -c 'exec vlab-duct -v -i 6 -o 7 a/own a/peer 6<&0 7>&1 0<&- 1>&-' -- \
        sh -c 'exec vlab-duct -v -i 6 -o 6 b/own b/peer 6<&0 </dev/null >/dev/null'
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

@test "wrong usage is 100, and said before anything else" {
    for given in '' a/own 'a/own a/peer more' '-x a/own a/peer' '-m a/own a/peer' \
        '-x -m' '-k x a/own a/peer' '-k 86401 a/own a/peer' '-t -1 a/own a/peer' \
        '-i 77 a/own a/peer' '-o 77 a/own a/peer' '-n .. a/own a/peer' \
        '-n x/y a/own a/peer' '-i -1 a/own a/peer'; do
        # shellcheck disable=SC2086
        run -100 vlab-duct $given </dev/null
    done
    run -100 sh -c 'vlab-duct -i 6 a/own a/peer 6>x'
    assert_output --partial '-i 6: that is no descriptor to read'
    run -100 sh -c 'vlab-duct a/own a/peer 1</dev/null'
    assert_output --partial '-o 1: that is no descriptor to write'
    run -100 script -qec 'vlab-duct a/own a/peer' /dev/null
    assert_output --partial 'descriptor 0 is a terminal'
}

@test "what cannot be exported or mounted on is said before the peer hears a byte" {
    : >file
    for given in 'missing a/peer' 'file a/peer' 'a/own missing' 'a/own file' \
        '-n x a/own missing' '-x missing' '-m missing'; do
        # shellcheck disable=SC2086
        run -111 --separate-stderr vlab-duct $given </dev/null
        assert_output ''
        assert_equal "${#stderr_lines[@]}" 1
        [[ ${stderr_lines[0]} == "vlab-duct: fatal: unable to "*missing* ||
            ${stderr_lines[0]} == "vlab-duct: fatal: unable to "*file* ]]
    done
    : >a/peer/name
    run -111 --separate-stderr vlab-duct -n name a/own a/peer </dev/null
    assert_output ''
}

@test "SIGTERM, SIGINT and SIGHUP take the mount away though it is in use, and end both" {
    for sig in TERM INT HUP; do
        echo text >b/own/file
        duct socket
        exec {fd}<a/peer/file
        kill -$sig "$a"
        duct_ends 0 111
        run ! cat <&"$fd"
        exec {fd}<&-
        one_line b 'the peer has ended the connection'
    done
}

@test "when one end is killed, the other ends with a line of reason, and nothing stays mounted" {
    for link in socket tcp pipes; do
        for one in a b; do
            duct "$link"
            kill -KILL "${!one}"
            if [ $one = a ]; then
                duct_ends 137 111
            else
                duct_ends 111 137
            fi
        done
    done
}

@test "when both are killed nothing stays mounted" {
    duct socket
    # Neither may notice first that the other has gone.
    kill -STOP "$a" "$b"
    kill -KILL "$a" "$b"
    duct_ends 137 137
}

@test "what waits for a peer that is lost fails, and does not hang" {
    mkfifo b/own/fifo
    duct socket
    cat a/peer/fifo >cat.out 2>&1 3>&- &
    reader=$!
    wait_until eval "[[ \$(readlink /proc/$reader/fd/*) == *peer/fifo* ]]"
    kill -KILL "$b"
    code=0
    wait $reader || code=$?
    assert_equal $code 1
    grep -q 'Input/output error\|not connected\|aborted' cat.out
    duct_ends 111 137
}

@test "a peer that stops is noticed within the time of -k, and what waits for it fails" {
    echo text >b/own/file
    duct socket -k 2
    kill -STOP "$b"
    cat a/peer/file >cat.out 2>&1 3>&- &
    reader=$!
    wait_until gone $reader
    grep -q 'Input/output error' cat.out
    hear pair '^a exit 111'
    one_line a 'the peer does not answer'
    kill -CONT "$b"
    hear pair '^b exit 111'
}

@test "a peer that has nothing to say is asked, and lives" {
    duct socket -k 2
    asked() {
        kill -USR1 "$a"
        [ "$(sed -n 's/.* said \([0-9]*\) messages.*/\1/p' a.err | tail -n 1)" -gt 10 ]
    }
    kill -USR1 "$a"
    wait_until duct_has_said a ' said '
    wait_until asked
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

@test "what is not 9P ends the connection with 111 and a line of reason" {
    for bad in '\1\0\0\0' '\6\0\0\0' '\377\377\377\377' '\7\0\0\0\1\0\0' 'GET / HTTP/1.0\n\n'; do
        duct_pair socket vlab-duct a/own a/peer -- sh -c "printf '$bad'; cat >/dev/null"
        duct_ends 111 0
        one_line a 'what the peer says is not 9P2000'
    done
}

@test "an answer to nothing, a question after the end, an end twice: 111" {
    # Rclunk of a tag that nobody used
    duct_pair socket vlab-duct a/own a/peer -- sh -c 'printf "\7\0\0\0\171\5\0"; cat >/dev/null'
    duct_ends 111 0
    one_line a 'the peer answers what was not asked'
    # Tclunk
    duct_pair socket vlab-duct a/own a/peer -- \
        sh -c 'printf "\5\0\0\0\0\13\0\0\0\170\5\0\1\0\0\0"; cat >/dev/null'
    duct_ends 111 0
    one_line a 'the peer asks, and has said that it would not any more'
    duct_pair socket vlab-duct a/own a/peer -- \
        sh -c 'printf "\5\0\0\0\0\5\0\0\0\0"; cat >/dev/null'
    duct_ends 111 0
    one_line a 'the peer has ended twice'
}

@test "a mount below what is exported is not seen by the peer, and stops nobody" {
    mkdir b/own/here
    duct_pair socket vlab-duct -v a/own a/peer -- vlab-duct -v b/own b/own/here
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
    echo text >a/own/file
    run timeout 30 find a/peer
    assert_output 'a/peer'
    run ! timeout 30 stat a/peer/here
    run -0 timeout 30 cat b/own/here/file
    assert_output text
    umount a/peer
    umount b/own/here
    duct_ends 0 0
}

@test "statistics come at SIGUSR1, and with -s at the end" {
    duct socket -s
    kill -USR1 "$b"
    wait_until duct_has_said b 'heard [0-9]* messages, [0-9]* bytes; said [0-9]* messages, [0-9]* bytes; [0-9]* s$'
    run ! duct_has_said a heard
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
    duct_has_said a heard
}

@test "who may not open /dev/fuse is told so, and the peer hears nothing" {
    # shellcheck disable=SC2016
    run unshare -m sh -c 'mknod fuse c 10 229; chmod 600 fuse; mount --bind fuse /dev/fuse
        chmod 777 a/peer
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups vlab-duct -m a/peer >said </dev/null'
    assert_failure 111
    assert_output 'vlab-duct: fatal: unable to open /dev/fuse: Permission denied'
    assert_file_empty said
}

# In a mount namespace of its own, where /dev/fuse is as udev makes it. fusermount3 does not
# work for users who are the lab's alone.
@test "a user who is not root can do all this, by fusermount3" {
    # shellcheck disable=SC2016
    talk there unshare -m sh -ec 'mknod fuse c 10 229; chmod 666 fuse
        mount --bind fuse /dev/fuse; echo ready; exec cat'
    hear there '^ready$'
    in_there() {
        nsenter -m -t "${talk_pid[there]}" --wdns="$lab" -- "$@"
    }
    nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
    chown nobody:nogroup a/own a/peer b/own b/peer
    echo text >b/own/file
    talk pair nsenter -m -t "${talk_pid[there]}" --wdns="$lab" -- "${nobody[@]}" \
        pair socket vlab-duct -v a/own a/peer -- vlab-duct -v b/own b/peer
    hear pair '^b pid'
    b=${heard#b pid }
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
    run -0 in_there "${nobody[@]}" cat a/peer/file
    assert_output text
    run ! in_there cat a/peer/file
    in_there "${nobody[@]}" sh -c 'echo more >a/peer/new; fusermount3 -u a/peer'
    assert_equal "$(stat -c %U:%s b/own/new)" nobody:5
    wait_until duct_has_said b 'the peer has unmounted'
    kill -KILL "$b"
    duct_ends 111 137
    # shellcheck disable=SC2016
    wait_until sh -c '! grep -q "$1" "/proc/$2/mounts"' sh "$lab/" "${talk_pid[there]}"
}

# examples FILE: the commands of a manual's examples, for the lab's directories.
examples() {
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\.Dl \([#$] \)\?//p' "$1" |
        sed -e '/\\e$/{' -e 's/\\e$//; N; s/\n//; }' -e "s|/srv/lab|$lab/a/own|" \
            -e 's/\\(dq/"/g' -e "s|/n/user|$lab/a/peer|; s|/n'|$lab/a/peer'|" \
            -e "s|10\.0\.0\.1|127.0.0.1|; s|tcpserver|& -1|"
}

@test "the examples of vlab-duct.1 work" {
    export HOME=$lab/b
    mkdir b/designs b/lab path
    # As ssh(1) does: the command is for the other side's shell.
    printf '#!/bin/sh\nshift\nexec sh -c "$*"\n' >path/ssh
    chmod 755 path/ssh
    PATH=$lab/path:$PATH
    echo text >a/own/file
    echo bits >b/designs/bits
    cd b
    mapfile -t line < <(examples "$tree/bin/vlab-duct.1")
    assert_equal "${#line[@]}" 6

    (lab_exec sh -c "exec ${line[0]/1127/0}") </dev/null >../port 2>>../log 3>&- &
    lab_pids+=($!)
    wait_until test -s ../port
    lab_start sh -c "exec ${line[1]/1127/$(<../port)}"
    user=$pid
    wait_until test -f lab/file
    wait_until test -f ../a/peer/127.0.0.1/bits

    # The slave of a pseudo-terminal is none where it was made by mknod(1).
    talk tty pty ../tty
    wait_until test -c ../tty
    : >../a/own/ttyUSB0
    mount --bind "$(readlink ../tty)" ../a/own/ttyUSB0
    sh -c "${line[3]}"
    run -0 cat lab/ttyUSB0ctl
    assert_output --partial 'b115200 l8 pn'
    : >tty.out
    sh -c "exec ${line[4]}" >tty.out 3>&- &
    reader=$!
    tell tty hello
    wait_until grep -q hello tty.out
    kill $reader
    wait $reader || :
    umount -l ../a/own/ttyUSB0

    sh -c "${line[5]}"
    run ! test -f lab/file
    umount ../a/peer/127.0.0.1
    wait "$user"

    lab_start sh -c "exec ${line[2]}"
    user=$pid
    wait_until test -f lab/file
    wait_until test -f ../a/peer/bits
    umount lab
    umount ../a/peer
    wait "$user"
}

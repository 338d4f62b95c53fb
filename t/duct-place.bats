#!/usr/bin/env bats
# vlab-duct: where it mounts, what else is or was mounted there, and what it refuses.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    duct_teardown
}

# last_words END TEXT: why it has ended.
last_words() {
    assert_equal "$(grep fatal "$lab/$1.err")" "vlab-duct: fatal: $2"
}

@test "an option that a duct with one direction has no use for is wrong usage" {
    for given in '-x -n bob a/own' '-x -t 5 a/own' '-t 1 -x a/own' '-m -r a/peer' \
        '-r -m a/peer' '-x a/own a/peer' '-m a/own a/peer' '-x -m' '-x -m a/own' '-x' '-m'; do
        # shellcheck disable=SC2086
        run -100 vlab-duct $given </dev/null
    done
}

@test "a peer who takes longer messages than were offered does not speak 9P2000" {
    # Rversion, msize 1 << 30
    duct_pair socket vlab-duct -m a/peer -- \
        sh -c 'printf "\23\0\0\0\145\377\377\0\0\0\100\6\0009P2000"; cat >/dev/null'
    duct_ends 111 0
    last_words a "unable to mount at $lab/a/peer: the peer wants longer messages than were offered"
}

# refused ARG...: a duct that ends with 111 before it has said a byte; its reason is in
# out.err.
refused() {
    run -111 sh -c 'vlab-duct "$@" </dev/null >out 2>out.err' sh "$@"
    assert_equal "$(wc -c <out)" 0
}

# late_pair NAME OPTION...: a duct that mounts at a/peer (or as OPTION... says) in a
# directory NAME for its messages, and a peer who exports b/own as soon as NAME/go is
# written to.
late_pair() {
    local name=$1
    mkdir "$name"
    mkfifo "$name/go"
    cd "$name" || return
    # shellcheck disable=SC2016
    talk "$name" pair socket sh -c 'cd .. && exec vlab-duct "$@"' sh -v "${@:2}" -- \
        sh -c 'read -r word <go; exec vlab-duct -x ../b/own'
    cd "$lab" || return
    hear "$name" '^a pid'
    late=${heard#a pid }
    wait_until has_sweep "$late"
}

# sweep_of PID: the process that clears up behind it.
sweep_of() {
    ps -o pid=,comm= --ppid "$1" | sed -n 's/ vlab-sweep$//p'
}

# has_sweep PID: then it has found its place good, and holds it.
has_sweep() {
    [ -n "$(sweep_of "$1")" ]
}

# is_type TYPE: is that on top at a/peer?
is_type() {
    [ "$(stat -f -c %T a/peer)" = "$1" ]
}

not_mounted() {
    ! findmnt "$lab/$1" >/dev/null
}

@test "where a duct has mounted no other one does, and the first one goes on" {
    echo text >b/own/file
    duct socket
    refused a/own a/peer
    assert_equal "$(<out.err)" "vlab-duct: fatal: unable to mount at $lab/a/peer: a duct has mounted there already; umount it first, or mount at another name (-n)"
    # A directory in its mount is another place.
    mkdir b/own/below
    run -111 sh -c 'vlab-duct -m a/peer/below </dev/null >out 2>out.err'
    assert_equal "$(<out.err)" 'vlab-duct: fatal: the peer has ended the connection'
    run -0 cat a/peer/file
    assert_output text
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

@test "of two who wait for their peers at one place the first to mount has it" {
    echo text >b/own/file
    late_pair one -m a/peer
    late_pair two -m a/peer
    echo >one/go
    wait_until duct_has_said one/a mounted
    echo >two/go
    hear two '^a exit 111' 60
    last_words two/a "unable to mount at $lab/a/peer: something else has been mounted there meanwhile"
    run -0 cat a/peer/file
    assert_output text
    assert_equal "$(findmnt -rno TARGET "$lab/a/peer" | wc -l)" 1
    umount a/peer
    hear one '^a exit 0' 60
    wait_until not_mounted a/peer
}

@test "what is mounted over it stays at the end, and is not a duct's to take away" {
    for sig in TERM KILL; do
        duct socket
        mount -t tmpfs none a/peer
        echo mine >a/peer/file
        kill -$sig "$a"
        if [ $sig = TERM ]; then
            hear pair '^a exit 0' 60
            duct_has_said a 'something else is mounted over'
        else
            hear pair '^a exit 137' 60
        fi
        hear pair '^b exit 111' 60
        assert_equal "$(<a/peer/file)" mine
        umount a/peer
        wait_until not_mounted a/peer
        wait_until duct_no_process
        ended pair
    done
}

@test "what is mounted where it was unmounted is not taken for ours" {
    duct socket
    kill -STOP "$a"
    umount a/peer
    mount -t tmpfs none a/peer
    kill -CONT "$a"
    wait_until duct_has_said a unmounted
    duct_unmount b
    hear pair '^[ab] exit 0' 60
    hear pair '^[ab] exit 0' 60
    is_type tmpfs
    umount a/peer
    not_mounted a/peer
}

@test "what is left of a duct that was killed together with its sweep goes when the next one comes" {
    echo text >b/own/file
    for options in '' '-n bob'; do
        # shellcheck disable=SC2086
        late_pair "one$options" -m $options a/peer
        echo >"one$options/go"
        wait_until duct_has_said "one$options/a" mounted
        place=a/peer${options:+/bob}
        kill -KILL "$(sweep_of "$late")" "$late"
        hear "one$options" '^a exit 137' 60
        # Nobody hangs there.
        run -1 timeout 30 stat -f "$place"
        assert_output --partial 'not connected'
        # shellcheck disable=SC2086
        late_pair "two$options" -m $options a/peer
        run -0 timeout 30 stat -f "$place"
        echo >"two$options/go"
        wait_until duct_has_said "two$options/a" mounted
        assert_equal "$(<"$place/file")" text
        assert_equal "$(findmnt -rno TARGET "$lab/$place" | wc -l)" 1
        umount "$place"
        hear "two$options" '^a exit 0' 60
        not_mounted "$place"
    done
}

@test "a mount point that is moved or replaced before the peer is there is not mounted on" {
    mkdir target
    late_pair one -m a/peer
    mv a/peer a/old
    ln -s ../target a/peer
    echo >one/go
    hear one '^a exit 111' 60
    last_words one/a "unable to mount at $lab/a/peer: it was moved or replaced meanwhile"
    assert_equal "$(duct_mounts)" ''

    late_pair two -m -n bob b/peer
    mv b/peer b/old
    mkdir -p b/peer/bob
    echo >two/go
    hear two '^a exit 111' 60
    last_words two/a "unable to mount at $lab/b/peer/bob: it was moved or replaced meanwhile"
    # What it has made is removed where it is now, and nothing else.
    assert_dir_exists b/peer/bob
    run ! test -e b/old/bob
    assert_equal "$(duct_mounts)" ''
}

@test "with -n a symbolic link of that name is no place" {
    ln -s ../own a/peer/bob
    refused -n bob a/own a/peer
    assert_equal "$(<out.err)" "vlab-duct: fatal: unable to mount at $lab/a/peer/bob: Not a directory"
}

@test "umount -f of what is in use leaves nothing, and the other direction goes on" {
    for options in '' '-n bob'; do
        place=a/peer${options:+/bob}
        echo text >a/own/file
        echo text >b/own/file
        # shellcheck disable=SC2086
        duct socket $options
        exec {fd}<"$place/file"
        umount -f "$place" || :
        wait_until duct_has_said a unmounted
        exec {fd}<&-
        wait_until not_mounted "$place"
        [ -z "$options" ] || wait_until [ ! -e "$place" ]
        assert_equal "$(<b/peer/file)" text
        duct_unmount b
        duct_ends 0 0
        run ! grep -e warning -e fatal a.err
    done
}

@test "all that shows the mount, bound to other places, goes with it" {
    mkdir copy
    duct socket
    mount --bind a/peer copy
    kill -TERM "$a"
    duct_ends 0 111
}

@test "with -v it is said when the mount hides something" {
    duct socket
    run ! duct_has_said a hidden
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
    echo mine >a/peer/mine
    duct socket
    duct_has_said a 'while it is mounted what was there is hidden'
    run ! duct_has_said b hidden
    run ! test -e a/peer/mine
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
    assert_equal "$(<a/peer/mine)" mine
}

@test "SIGUSR1 before it has mounted has the statistics said, and changes nothing" {
    late_pair one -m a/peer
    usr1() {
        kill -USR1 "$late"
        duct_has_said one/a 'heard 0 messages, 0 bytes; said '
    }
    wait_until usr1
    echo >one/go
    wait_until duct_has_said one/a mounted
    umount a/peer
    hear one '^a exit 0' 60
}

# listen COMMAND: tcpserver with this command, its port in $port.
listen() {
    : >port
    (lab_exec tcpserver -1 -H -R 127.0.0.1 0 "$@") </dev/null >port 2>>log 3>&- &
    lab_pids+=($!)
    wait_until test -s port
    port=$(<port)
}

@test "tcpserver with one directory for everybody works for one at a time" {
    mkdir one two
    echo text >b/own/file
    listen vlab-duct a/own a/peer
    lab_start tcpclient -H -R 127.0.0.1 "$port" vlab-duct -i 6 -o 7 b/own one
    wait_until test -f a/peer/file
    # Who comes second is refused, and the first does not notice it.
    run -111 tcpclient -H -R 127.0.0.1 "$port" vlab-duct -i 6 -o 7 b/own two
    grep -q 'a duct has mounted there already' log
    run -0 cat a/peer/file
    assert_output text
    umount one
    umount a/peer
    wait "$pid"
    # When he has gone the next may come.
    lab_start tcpclient -H -R 127.0.0.1 "$port" vlab-duct -i 6 -o 7 b/own two
    wait_until test -f a/peer/file
    umount a/peer
    wait_until mountpoint -q two
    umount two
    wait "$pid"
}

@test "with a name for each connection there may be many, and one's end is not another's" {
    mkdir one two
    # shellcheck disable=SC2016
    listen sh -c 'exec vlab-duct -n "$TCPREMOTEIP:$TCPREMOTEPORT" a/own a/peer'
    for user in one two; do
        mkdir "$user.own"
        echo $user >"$user.own/file"
        lab_start tcpclient -H -R 127.0.0.1 "$port" vlab-duct -i 6 -o 7 "$user.own" "$user"
        [ $user = two ] || first=$pid
    done
    all() {
        [ "$(cat a/peer/127.0.0.1:*/file | sort | xargs)" = 'one two' ]
    }
    wait_until all
    lab_stop "$first" KILL
    only_two() {
        [ "$(cat a/peer/127.0.0.1:*/file)" = two ]
    }
    wait_until only_two
    wait_until not_mounted one
    umount two a/peer/*
    wait "$pid"
    wait_until rmdir a/peer
}

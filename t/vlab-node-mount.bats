#!/usr/bin/env bats
# The devices of other nodes, below /vlab.

# shellcheck disable=SC2154 # nodes.bash sets them
load lib
load nodes

setup() {
    lab_setup
    need /dev/fuse test -c /dev/fuse
    declare -gA door=()
}

teardown() {
    local path
    # The own number is a link to /dev.
    for path in "$lab"/*/ns/* "$lab"/*/ns/pts/*; do
        [ -L "$path" ] || umount -l "$path" 2>/dev/null || :
    done
    [ -z "$tty" ] || umount -l "$tty" 2>/dev/null || :
    rm -rf "/dev/vlab-test.$$"
    lab_teardown
    nodes_teardown
}

# devices: two nodes that are up; node 2 shows what is in a directory of /dev, by the end of
# a pty that is played, a file that is a device, and one that is not named.
devices() {
    nodes_setup 2
    nodes_conf <<END
device = vlab-test.$$/tty*
device = vlab-test.$$/null
END
    mkdir "/dev/vlab-test.$$"
    mknod -m 666 "/dev/vlab-test.$$/null" c 1 3
    mknod -m 600 "/dev/vlab-test.$$/ttyroot" c 1 3
    mknod -m 666 "/dev/vlab-test.$$/hidden" c 1 3
    door 1
    door 2
    node_is 1 1 up
    node_is 2 1 up
    there=$lab/1/ns/2/vlab-test.$$
}

@test "the devices that the map names are there, and nothing else" {
    devices
    run -0 at 1 vlab-node mount
    assert_output ''
    assert_equal "$(ls "$there")" $'null\nttyroot'
    assert_equal "$(readlink "$lab/1/ns/1")" /dev
    run ! stat "$there/hidden"
    echo text >"$there/null"
    # Again, and nothing changes.
    at 1 vlab-node mount 2
    run -0 at 1 vlab-node umount
    assert_output ''
    assert_not_exists "$lab/1/ns/2"
}

@test "a node that is named twice is mounted once" {
    devices
    for _ in {1..5}; do
        run -0 at 1 vlab-node mount 2 2 2 2 2 2 2 2
        assert_output ''
        ls "$there/null"
        run -0 at 1 vlab-node umount 2 2 2 2 2 2 2 2
        assert_output ''
        assert_not_exists "$lab/1/ns/2"
    done
}

@test "where the directory of consoles is missing, the door makes it, for all" {
    devices
    lab_stop "${door[2]}"
    door 2 env "VLAB_CONSOLE=$lab/2/run/deep/console" bash -c 'umask 077; exec "$@"' bash
    run -0 at 1 vlab-node mount
    assert_output ''
    assert_equal "$(stat -c '%a %u %g' "$lab/2/run/deep/console" "$lab/2/run/deep")" \
        $'1777 0 0\n755 0 0'
    at 1 vlab-node umount
}

@test "a node without a directory of consoles has its devices, and it is told what to do" {
    devices
    rmdir "$lab/2/console"
    ln -s nowhere "$lab/2/console"
    run -111 at 1 vlab-node mount 2
    assert_output "vlab-node: warning: unable to mount node 2: its devices are there, but not $lab/1/ns/pts/2: it has no directory of consoles: install -d -m 1777 $lab/2/console there"
    assert_equal "$(ls "$there")" $'null\nttyroot'
    at 1 vlab-node umount
}

@test "who may open a device is decided on its node" {
    devices
    at 1 vlab-node mount 2
    run ! setpriv --reuid=daemon --regid=daemon --clear-groups sh -c "exec <$there/ttyroot"
    assert_output --partial 'Permission denied'
    setpriv --reuid=daemon --regid=daemon --clear-groups sh -c "exec <$there/null"
    sh -c "exec <$there/ttyroot"
    at 1 vlab-node umount
}

# as_daemon COMMAND...: as a user of node 1, who is in this group, too, there.
as_daemon() {
    setpriv --reuid=daemon --regid=daemon --groups=3998 "$@"
}

@test "it is decided by the users, groups and modes of that node, whatever those here are" {
    local dev=/dev/vlab-test.$$
    devices
    # Node 2 has users and groups of its own: daemon has another number, and another group.
    sed 's/^daemon:x:[0-9]*:[0-9]*:/daemon:x:2777:3777:/' /etc/passwd >"$lab/2/passwd"
    { cat /etc/group && echo 'vlabtest:x:3999:daemon'; } >"$lab/2/group"
    lab_stop "${door[2]}"
    # shellcheck disable=SC2016
    door 2 unshare -m --propagation private sh -ec '
        mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group
        shift; exec "$@"' sh "$lab/2"
    for name in own primary group other here; do
        mknod -m 600 "$dev/tty$name" c 1 3
    done
    chown 2777:0 "$dev/ttyown"
    chown 0:3777 "$dev/ttyprimary"
    chown 0:3999 "$dev/ttygroup"
    chown daemon:daemon "$dev/ttyother"
    chown 0:3998 "$dev/ttyhere"
    chmod 660 "$dev"/tty{primary,group,other,here}
    at 1 vlab-node mount 2
    for name in own primary group; do
        run -0 as_daemon sh -c "exec <$there/tty$name >$there/tty$name"
    done
    for name in other here; do
        run ! as_daemon sh -c "exec <$there/tty$name"
        assert_output --partial 'Permission denied'
        # Though that would have let him.
        as_daemon sh -c "exec <$dev/tty$name"
    done
    # What was looked at here, and may be remembered, is not what counts.
    chmod 666 "$dev/ttyother"
    run -0 as_daemon sh -c "exec <$there/ttyother"
    for mode in 600 666 600; do
        as_daemon stat "$there/ttyother" >"$lab/stat"
        chmod $mode "$dev/ttyother"
        run as_daemon sh -c "exec <$there/ttyother"
        assert_equal "$mode $((status != 0))" "$mode $((mode == 600))"
    done
    at 1 vlab-node umount
}

@test "a mount is on the roll of its node, and goes away when that is told to end it" {
    devices
    at 1 vlab-node mount 2
    run -0 at 2 as vlab member-ask guests 2
    assert_output $'duct root 0 1 /dev\n'"duct root 0 1 $lab/2/console"
    run -0 at 2 vlab-node expel -f
    wait_until not_mounted "$lab/1/ns/2"
}

not_mounted() {
    ! mountpoint -q "$1"
}

@test "a node that leaves takes away what others have mounted of it" {
    devices
    tty
    at 1 vlab-node mount
    cat "$there/ttyline" >"$lab/read.out" 2>&1 3>&- &
    reader=$!
    wait_until reads "$reader" "$there/ttyline"
    run -0 at 2 vlab-node off -f
    exits 1 $reader
    assert_regex "$(<"$lab/read.out")" 'Input/output error'
    wait_until not_there "$lab/1/ns/2"
    run -111 at 1 vlab-node mount 2
    assert_output "vlab-node: warning: unable to mount node 2: host $(hostname) is no node now"
    run -0 at 1 vlab-node mount
    not_there "$lab/1/ns/2"
    differs="host $(hostname) has another map of the nodes: vlab-compile-config on both"
    # Nor of one that works by another map.
    node_is 2 1 up
    map >"$lab/2/vlab.conf"
    echo 'device = other' >>"$lab/2/vlab.conf"
    node_compile 2
    run -111 at 1 vlab-node mount 2
    assert_output "vlab-node: warning: unable to mount node 2: $differs"
    run -1 at 1 vlab-node mount
    assert_output 'vlab-node: warning: node 2 differs, and is left out: it has another map of the nodes'
    run -100 at 1 env VLAB_NAMESPACE=here vlab-node mount
    assert_output 'vlab-node: fatal: VLAB_NAMESPACE=here: it must begin with a slash'
}

# leaves_in_use: node 2 leaves, by $leaver, while $reader on node 1 reads its tty; the mount
# that nobody uses is gone.
leaves_in_use() {
    devices
    tty
    at 1 vlab-node mount 2
    cat "$there/ttyline" >/dev/null 2>&1 3>&- &
    reader=$!
    wait_until reads "$reader" "$there/ttyline"
    node_start 2 vlab-node off -t 600
    leaver=$pid
    wait_until not_mounted "$lab/1/ns/pts/2"
}

@test "a mount that nobody uses is not waited for, and one that is until it is not" {
    leaves_in_use
    mountpoint -q "$lab/1/ns/2"
    kill -0 $leaver
    kill $reader
    exits 0 $leaver
    wait_until not_there "$lab/1/ns/2"
}

@test "of a node that stays after all a mount that was in use stays, too" {
    leaves_in_use
    kill $leaver
    exits 143 $leaver
    kill $reader
    for _ in {1..20}; do
        echo text >"$there/null"
        pause
    done
    mountpoint -q "$lab/1/ns/2"
}

@test "a node that leaves takes its mounts of others away" {
    devices
    at 1 vlab-node mount 2
    run -0 at 1 vlab-node off -f
    not_mounted "$lab/1/ns/2"
    run -0 at 2 as vlab member-ask guests 2
    assert_output ''
}

@test "when the node then does not leave, its mounts are there again" {
    devices
    at 1 vlab-node mount 2
    mkdir "$lab/hooks"
    printf '#!/bin/sh\n[ "$1" = undo ] || ! echo gone >%s\n' "$lab/hooked" >"$lab/hooks/ducts"
    chmod 755 "$lab/hooks/ducts"
    run -111 at 1 env "VLAB_HOOKS=$lab/hooks" vlab-node off -f
    refute_output --partial 'unable to mount'
    assert_equal "$(<"$lab/hooked")" gone
    run -0 at 1 head -c 1 "$there/null"
    assert_output ''
    run -0 at 2 as vlab member-ask guests 2
    assert_output --regexp '^duct root 0 1 '
    at 1 vlab-node umount
}

@test "a mount that nobody ends on the other node is taken away, too, when the node leaves" {
    devices
    at 1 vlab-node mount 2
    kill "${door[2]}"
    wait_until gone "${door[2]}"
    run -0 at 1 vlab-node off -f
    assert_not_exists "$lab/1/ns/2"
}

@test "nobody but root mounts, and only on a node" {
    devices
    run -1 at 1 as alice vlab-node mount 2
    assert_output 'vlab-node: fatal: only root mounts and unmounts the devices of nodes'
    run -1 at 1 vlab-node mount 9
    assert_output 'vlab-node: fatal: there is no node 9: vlab-node lists them'
    run -100 at 1 vlab-node mount two
    node_is 1 0 off
    run -1 at 1 vlab-node mount 2
    assert_output 'vlab-node: warning: this host is not a member: vlab-node on makes it one'
}

@test "a node whose door does not answer is told, and the others are mounted" {
    devices
    kill "${door[2]}"
    wait_until gone "${door[2]}"
    run -111 at 1 vlab-node mount 2
    assert_output --partial 'vlab-node: warning: unable to mount node 2: '
}

# tty: one more device of node 2, whose hardware is played by `tell line` and `hear line`.
tty() {
    talk line pty "$lab/line"
    wait_until test -L "$lab/line"
    tty=/dev/vlab-test.$$/ttyline
    : >"$tty"
    mount --bind "$(readlink "$lab/line")" "$tty"
}

# duct_of: the pid of the duct that has mounted node 2.
duct_of() {
    local source
    source=$(findmnt -rno SOURCE "$lab/1/ns/2")
    echo "${source##*-}"
}

# sweep_of PID: that of the process that takes its mount away when it is killed.
sweep_of() {
    ps -o pid=,comm= --ppid "$1" | sed -n 's/ *\([0-9]*\) vlab-sweep$/\1/p'
}

@test "when a node dies, what waits for it gets EIO, its directory does not hang, and goes" {
    devices
    tty
    at 1 vlab-node mount 2
    cat "$there/ttyline" >"$lab/read.out" 2>&1 3>&- &
    reader=$!
    exec {fd}<"$there/ttyline"
    wait_until reads "$reader" "$there/ttyline"
    poll_it $fd
    began=$SECONDS
    unplug 2
    timeout 5 ls "$lab/1/ns"
    # Whether it is looked at before it is known to be dead, or after, it ends.
    timeout 25 ls "$there" >/dev/null 2>&1 || test $? -ne 124
    exits 1 $reader
    assert_regex "$(<"$lab/read.out")" 'Input/output error'
    wait_until not_there "$lab/1/ns/2"
    assert [ $((SECONDS - began)) -le 25 ]
    wait $poller
    # What is open has nothing behind it any more, for as long as it is.
    for _ in 1 2; do
        run ! timeout 5 cat <&"$fd"
        assert_output --partial 'Input/output error'
    done
    exec {fd}<&-
    wait_until no_ghost
    # It comes back when it is told to.
    plug 2
    wait_until mounts_again
    wait_until sees "$there/null"
    at 1 vlab-node umount
}

# poll_it FD: have somebody poll it in vain, $poller, who is woken by an error, for that is
# something to be read.
poll_it() {
    perl -e '$| = 1; print "waits\n"; vec($r, $ARGV[0], 1) = 1; exit !(select($r, undef, undef, 60) == 1)' \
        "$1" >"$lab/selected" 3>&- &
    poller=$!
    wait_until test -s "$lab/selected"
    wait_until polls $poller
}

polls() {
    [[ "$(<"/proc/$1/wchan")" = *poll_schedule* ]]
}

no_ghost() {
    ! lab_processes | xargs -r ps -o comm= -p | grep -q vlab-ghost
}

reads() {
    find "/proc/$1/fd" -lname "$2" 2>/dev/null | grep -q .
}

not_there() {
    [ ! -e "$1" ] && [ ! -L "$1" ]
}

mounts_again() {
    at 1 vlab-node mount 2
}

sees() {
    test -e "$1"
}

@test "when a duct is killed its mount goes, and the node is mounted anew" {
    devices
    for _ in 1 2; do
        at 1 vlab-node mount 2
        kill -KILL "$(duct_of)"
        wait_until not_there "$lab/1/ns/2"
    done
    # With what would have taken it away, it stays, and is an error.
    for verb in mount umount; do
        at 1 vlab-node mount 2
        duct=$(duct_of)
        kill -KILL "$(sweep_of "$duct")"
        kill -KILL "$duct"
        wait_until dead "$lab/1/ns/2"
        run -0 at 1 vlab-node $verb 2
        assert_output ''
        [ $verb = umount ] || assert_exists "$there/null"
        run -0 at 1 vlab-node umount
        assert_not_exists "$lab/1/ns/2"
    done
}

dead() {
    [[ "$(stat "$1" 2>&1)" = *'not connected'* ]]
}

@test "a duct that is stopped stops nobody who mounts or unmounts" {
    devices
    at 1 vlab-node mount 2
    duct=$(duct_of)
    kill -STOP "$duct"
    run -0 at 1 timeout 10 vlab-node mount 2
    run -0 at 1 timeout 20 vlab-node umount -l 2
    not_there "$lab/1/ns/2"
    wait_until gone "$duct"
}

@test "who mounts at the same time mounts once" {
    devices
    for _ in 1 2 3; do
        at 1 vlab-node mount 3>&- &
        one=$!
        at 1 vlab-node mount 2 3>&- &
        two=$!
        at 1 vlab-node mount 2
        wait $one
        wait $two
        run -0 findmnt -rno TARGET "$lab/1/ns/2"
        assert_output "$lab/1/ns/2"
        at 1 vlab-node umount
        not_there "$lab/1/ns/2"
    done
}

@test "what is in use is unmounted with -l alone, and gets an error" {
    devices
    tty
    at 1 vlab-node mount 2
    cat "$there/ttyline" >"$lab/read.out" 2>&1 3>&- &
    reader=$!
    exec {fd}<>"$there/ttyline"
    wait_until reads "$reader" "$there/ttyline"
    poll_it $fd
    run -1 at 1 vlab-node umount 2
    assert_output "vlab-node: warning: $lab/1/ns/2 is in use: vlab-node umount -l 2 takes it away all the same"
    mountpoint -q "$lab/1/ns/2"
    duct=$(duct_of)
    run -0 at 1 vlab-node umount -l 2
    assert_output ''
    not_there "$lab/1/ns/2"
    wait_until gone "$duct"
    exits 1 $reader
    assert_regex "$(<"$lab/read.out")" 'Input/output error'
    wait $poller
    run ! bash -c "echo text >&$fd"
    assert_output --partial 'Input/output error'
    exec {fd}>&-
    wait_until no_ghost
    # There is nothing left to be done.
    run -0 at 1 vlab-node umount 2
    assert_output ''
    run -0 at 1 vlab-node umount -l
    assert_output ''
}

@test "what something else has mounted or put there is left alone" {
    devices
    mkdir "$lab/1/ns/2"
    mount -t tmpfs other "$lab/1/ns/2"
    for verb in mount umount 'umount -l'; do
        # shellcheck disable=SC2086
        run at 1 vlab-node $verb 2
        assert [ $status -ne 0 ]
        assert_output --regexp '^vlab-node: warning: .*/ns/2'
        assert_equal "$(findmnt -rno SOURCE "$lab/1/ns/2")" other
    done
    umount "$lab/1/ns/2"
    echo text >"$lab/1/ns/2/file"
    run at 1 vlab-node mount 2
    assert_equal "$status" 0
    at 1 vlab-node umount
    assert_equal "$(<"$lab/1/ns/2/file")" text
}

@test "a mount holds nothing of who has asked for it" {
    devices
    # Its output is read to the end, and its lock is free.
    exec {held}>"$lab/held"
    flock $held
    run -0 at 1 sh -c 'trap "" TERM HUP; vlab-node mount 2'
    exec {held}>&-
    flock -n "$lab/held" true
    duct=$(duct_of)
    assert_equal "$(readlink "/proc/$duct/cwd")" /
    assert_equal "$(ps -o sid= -p "$duct" | tr -d ' ')" "$duct"
    kill -TERM "$duct"
    wait_until not_there "$lab/1/ns/2"
}

@test "nodes that do not answer cost two seconds together, and the others are mounted" {
    nodes_setup 6
    nodes_conf <<<'device = null'
    door 1
    node_is 1 1 up
    door 6
    node_is 6 1 up
    for i in 2 3 4 5; do
        unplug $i
    done
    began=${EPOCHREALTIME//[!0-9]/}
    run -111 at 1 vlab-node mount 2 3 4 5 6
    assert [ $((${EPOCHREALTIME//[!0-9]/} - began)) -lt 6000000 ]
    for i in 2 3 4 5; do
        assert_line "vlab-node: warning: unable to mount node $i: Connection timed out"
    done
    assert_exists "$lab/1/ns/6/null"
    assert_equal "$(ls -I pts "$lab/1/ns")" $'1\n6'
    run -0 at 1 vlab-node mount
    assert_output ''
    at 1 vlab-node umount
    assert_equal "$(ls -I pts "$lab/1/ns")" ''
}

@test "without VLAB_NAMESPACE they are below /vlab, which is made" {
    devices
    # A machine of its own, but for /vlab.
    # shellcheck disable=SC2016
    run -0 at 1 unshare -m --propagation private sh -ec '
        mkdir "$1" && mount -t tmpfs root "$1"
        for dir in /*; do
            if [ -L "$dir" ]; then
                cp -P "$dir" "$1"
            elif [ -d "$dir" ]; then
                mkdir "$1$dir" && mount --rbind "$dir" "$1$dir"
            fi
        done
        unset VLAB_NAMESPACE
        umask 077
        chroot "$1" sh -ec "
            vlab-node mount
            cd /vlab
            stat -c \"%n %A %N\" . 1
            ls 2/vlab-test.*
            cd /
            vlab-node umount
            ls -A /vlab"
    ' root "$lab/root"
    assert_output - <<END
. drwxr-xr-x '.'
1 lrwxrwxrwx '1' -> '/dev'
null
ttyroot
pts
END
}

@test "what was the own number, and is another node's now, is mounted" {
    devices
    at 1 vlab-node mount
    ln -s /dev "$lab/1/ns/7"
    rm "$lab/1/ns/1"
    at 1 vlab-node umount
    ln -s /dev "$lab/1/ns/2"
    run -0 at 1 vlab-node mount
    assert_exists "$there/null"
    assert_equal "$(ls -I pts "$lab/1/ns")" $'1\n2'
    run -0 at 1 vlab-node off -f
    assert_equal "$(ls -I pts "$lab/1/ns")" ''
}

@test "nobody mounts while the host leaves" {
    devices
    node_talk guest 1 as vlab member-ask join 1 run alice 2001 2 make
    hear guest joined
    node_talk off 1 vlab-node off -t 60
    hear off '^expel'
    run -1 at 1 vlab-node mount 2
    assert_output --regexp '^vlab-node: warning: root changes it already: vlab-node off, process [0-9]+$'
    not_there "$lab/1/ns/2"
}

@test "a node that falls silent while it is mounted is told in bounded time" {
    devices
    kill "${door[2]}"
    wait_until gone "${door[2]}"
    # shellcheck disable=SC2016
    node_start 2 tcpserver -RHDl 0 10.78.0.2 7021 sh -c '
        read -r _ hash _; echo "ok 2 $hash up 1 0 0 0"; exec cat >/dev/null'
    wait_until door_is_open 2
    run -111 at 1 timeout 30 vlab-node mount 2
    assert_output --partial 'vlab-node: warning: unable to mount node 2: '
    wait_until not_there "$lab/1/ns/2"
    wait_until no_duct
}

no_duct() {
    ! lab_processes | xargs -r ps -o comm= -p | grep -q 'vlab-duct'
}

@test "a node that leaves and joins again and again while its devices are used leaves nothing" {
    devices
    # shellcheck disable=SC2016
    talk user bash -c 'until [ -e "$2" ]; do
        [ -e "$1" ] && head -c 1 "$1" && echo used; read -rt 0.05; done' user \
        "$there/null" "$lab/stop"
    for _ in {1..10}; do
        run -0 at 1 vlab-node mount 2
        assert_output ''
        hear user used
        run -0 at 2 vlab-node off -f
        wait_until not_there "$lab/1/ns/2"
        run -0 at 2 vlab-node on
    done
    touch "$lab/stop"
    ended user
    at 1 vlab-node umount
    run ! grep -F " $lab/" /proc/mounts
    assert_equal "$(ls "$lab/1/ns")" pts
    assert_equal "$(ls -A "$lab/1/ns/pts" "$lab/2/console")" "$lab/1/ns/pts:

$lab/2/console:"
    wait_until only_doors
}

# only_doors: no process is left but those who listen.
only_doors() {
    [ "$(lab_processes | sort -n)" = "$(printf '%s\n' "${door[@]}" | sort -n)" ]
}

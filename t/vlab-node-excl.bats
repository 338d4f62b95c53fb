#!/usr/bin/env bats
# A tty of a node, for one alone among all nodes.

# shellcheck disable=SC2154 # nodes.bash sets them
load lib
load nodes

setup() {
    lab_setup
    need /dev/fuse test -c /dev/fuse
    # shellcheck disable=SC2034
    declare -gA door=()
    dev=/dev/vlab-test.$$
    nodes_setup 3
    nodes_conf <<<"device = vlab-test.$$/*"
    talk tty pty "$lab/line"
    wait_until test -c "$lab/line"
    mkdir "$dev"
    : >"$dev/tty"
    mount --bind "$(readlink "$lab/line")" "$dev/tty"
    for i in 1 2 3; do
        door "$i"
        node_is "$i" 1 up
    done
    at 1 vlab-node mount 2
    at 3 vlab-node mount 2
    one=$lab/1/ns/2/vlab-test.$$/tty
    three=$lab/3/ns/2/vlab-test.$$/tty
}

teardown() {
    local path
    # The own number is a link to /dev.
    for path in "$lab"/1/ns/2 "$lab"/3/ns/2 "$dev/tty"; do
        [ -L "$path" ] || umount -l "$path" 2>/dev/null || :
    done
    lab_teardown
    nodes_teardown
    rm -f "$dev/tty"
    rmdir "$dev"
}

# by USER COMMAND...
by() {
    setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

# alone: a user of node 1 takes the tty of node 2.
alone() {
    # shellcheck disable=SC2016
    talk holder setpriv --reuid=daemon --regid=daemon --clear-groups perl -e '$| = 1;
        open($f, "+<", $ARGV[0]) && ioctl($f, 0x540c, 0) or die "$!"; print "mine\n"; <STDIN>' "$one"
    hear holder '^mine$'
}

taken() {
    for path in "$one" "$three" "$lab/line"; do
        run ! by games sh -c ": <>'$path'"
        assert_output --partial 'Device or resource busy'
    done
}

free() {
    by games sh -c ": <>'$three' && : <>'$lab/line'" 2>/dev/null
}

@test "a tty of a node is one user's alone on all nodes, until he gives it back or crashes" {
    alone
    taken
    hang_up holder
    wait_until free
    alone
    taken
    kill -KILL "${talk_pid[holder]}"
    wait_until free
}

@test "a tty that a user of a node had alone is free when that node is lost" {
    alone
    taken
    unplug 1
    wait_until -t 45 free
}

#!/usr/bin/env bats
# The devices of other nodes, below /vlab.

# shellcheck disable=SC2154 # nodes.bash sets them
load lib
load nodes

setup() {
    lab_setup
    [ -c /dev/fuse ] || skip "needs /dev/fuse"
    declare -gA door=()
}

teardown() {
    local path
    # The own number is a link to /dev.
    for path in "$lab"/*/ns/*; do
        [ -L "$path" ] || umount -l "$path" 2>/dev/null || :
    done
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

@test "who may open a device is decided on its node" {
    devices
    at 1 vlab-node mount 2
    run ! setpriv --reuid=daemon --regid=daemon --clear-groups sh -c "exec <$there/ttyroot"
    assert_output --partial 'Permission denied'
    setpriv --reuid=daemon --regid=daemon --clear-groups sh -c "exec <$there/null"
    sh -c "exec <$there/ttyroot"
    at 1 vlab-node umount
}

@test "a mount is on the roll of its node, and goes away when that is told to end it" {
    devices
    at 1 vlab-node mount 2
    run -0 at 2 as vlab member-ask guests 2
    assert_output 'duct root 0 1 /dev'
    run -0 at 2 vlab-node expel -f
    wait_until not_mounted "$lab/1/ns/2"
}

not_mounted() {
    ! mountpoint -q "$1"
}

@test "a node that leaves takes its mounts of others away" {
    devices
    at 1 vlab-node mount 2
    run -0 at 1 vlab-node off -f
    not_mounted "$lab/1/ns/2"
    run -0 at 2 as vlab member-ask guests 2
    assert_output ''
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
